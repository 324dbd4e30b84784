"""Folds keep what training may know away from what it is tested on."""

from __future__ import annotations

from itertools import pairwise
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import TrainingError
from core.config.sections import SplitsConfig
from core.engine.splits import Fold, final_fold, make_folds

SCHEMES = ("walk_forward", "purged_k_fold", "combinatorial_purged")


def calendar(n_bars: int) -> pd.DatetimeIndex:
    return pd.date_range("2001-01-01", periods=n_bars, freq="B", tz="UTC")


def labels_on(
    timestamps: pd.DatetimeIndex, n_tickers: int = 2, horizon: int = 5, seed: int | None = None
) -> pd.DataFrame:
    """Labels whose lives are `horizon` bars, or random up to it; the last ones are unresolved."""
    n_bars = len(timestamps)
    index = pd.MultiIndex.from_product([timestamps, [f"T{k}" for k in range(n_tickers)]], names=["timestamp", "ticker"])
    bar = np.repeat(np.arange(n_bars), n_tickers)
    life = np.full(len(bar), horizon)
    if seed is not None:
        life = np.random.default_rng(seed).integers(1, horizon + 1, len(bar))
    last = bar + life
    is_resolved = last < n_bars
    ends = timestamps[np.minimum(last, n_bars - 1)]
    return pd.DataFrame(
        {
            "target": np.where(is_resolved, (bar % 3 == 0).astype(float), np.nan),
            "label_end": pd.Series(ends, index=index).where(is_resolved),
        },
        index=index,
    )


def bars_of(labels: pd.DataFrame, rows: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(labels.index.get_level_values(0)[rows])


def assert_nothing_leaks(labels: pd.DataFrame, timestamps: pd.DatetimeIndex, fold: Fold, embargo_bars: int) -> None:
    """Compare every allowed row with every test row by brute force."""
    start = timestamps.get_indexer(labels.index.get_level_values(0))
    end = timestamps.get_indexer(labels["label_end"])
    chain = [rows for rows in (fold.train, fold.early_stopping, fold.calibration) if len(rows)]
    for earlier, later in pairwise(chain):
        assert end[earlier].max() < start[later].min()
    tested_until = np.maximum(start[fold.test], end[fold.test])
    for rows in chain:
        assert labels["target"].iloc[rows].notna().all()
        begins, ends, tested = start[rows][:, None], end[rows][:, None], start[fold.test][None, :]
        is_alive_in_test = (begins <= tested) & (tested <= ends)
        assert not is_alive_in_test.any()
        is_after = begins > tested
        assert (begins - tested_until[None, :])[is_after].min(initial=embargo_bars + 1) > embargo_bars


@settings(max_examples=25, deadline=None)
@given(
    n_bars=st.integers(300, 360),
    n_tickers=st.integers(1, 3),
    horizon=st.integers(1, 8),
    embargo_bars=st.integers(0, 6),
    scheme=st.sampled_from(SCHEMES),
    window=st.sampled_from(["expanding", "rolling"]),
    seed=st.integers(0, 2**16),
)
def test_no_label_reaches_into_a_later_block_or_the_embargo(
    n_bars: int, n_tickers: int, horizon: int, embargo_bars: int, scheme: str, window: str, seed: int
) -> None:
    timestamps = calendar(n_bars)
    labels = labels_on(timestamps, n_tickers, horizon, seed)
    config = SplitsConfig(
        scheme=scheme, train_bars=140, test_bars=30, window=window, embargo_bars=embargo_bars, n_folds=4,
        early_stopping_fraction=0.3, calibration_fraction=0.3,
    )  # fmt: skip
    for fold in make_folds(labels, timestamps, config):
        assert_nothing_leaks(labels, timestamps, fold, embargo_bars)


@settings(max_examples=25, deadline=None)
@given(n_bars=st.integers(161, 400), test_bars=st.integers(1, 90), window=st.sampled_from(["expanding", "rolling"]))
def test_walk_forward_tests_every_row_after_the_first_training_bars_exactly_once(
    n_bars: int, test_bars: int, window: str
) -> None:
    timestamps = calendar(n_bars)
    labels = labels_on(timestamps)
    config = SplitsConfig(train_bars=160, test_bars=test_bars, window=window)
    tested = np.concatenate([fold.test for fold in make_folds(labels, timestamps, config)])
    assert tested.tolist() == np.flatnonzero(bars_of(labels, np.arange(len(labels))) >= timestamps[160]).tolist()


def test_purged_k_fold_tests_every_row_exactly_once() -> None:
    timestamps = calendar(300)
    labels = labels_on(timestamps)
    folds = make_folds(labels, timestamps, SplitsConfig(scheme="purged_k_fold", n_folds=5))
    assert np.concatenate([fold.test for fold in folds]).tolist() == list(range(len(labels)))


def test_combinatorial_paths_hold_every_row_exactly_once() -> None:
    timestamps = calendar(400)
    labels = labels_on(timestamps)
    config = SplitsConfig(scheme="combinatorial_purged", n_folds=5, n_test_folds=2, embargo_bars=2)
    folds = make_folds(labels, timestamps, config)
    assert len(folds) == comb(5, 2)
    rows = np.concatenate([fold.test for fold in folds])
    paths = np.concatenate([fold.test_path for fold in folds])
    # Lopez de Prado (2018), 12.4: n_folds = 5 and n_test_folds = 2 give 4 paths.
    assert sorted(set(paths.tolist())) == [0, 1, 2, 3]
    for path in range(4):
        assert sorted(rows[paths == path].tolist()) == list(range(len(labels)))


def test_the_blocks_of_a_small_walk_forward_are_those_drawn_by_hand() -> None:
    # 120 training bars: train 0-59, early stopping 60-89, calibration 90-119; lives of 4 bars purge the last 4 of each.
    timestamps = calendar(130)
    labels = labels_on(timestamps, n_tickers=1, horizon=4)
    config = SplitsConfig(train_bars=120, test_bars=10, early_stopping_fraction=0.25, calibration_fraction=0.25)
    (fold,) = make_folds(labels, timestamps, config)
    assert fold.train.tolist() == list(range(56))
    assert fold.early_stopping.tolist() == list(range(60, 86))
    assert fold.calibration.tolist() == list(range(90, 116))
    assert fold.test.tolist() == list(range(120, 130))
    assert (fold.test_start, fold.test_end) == (timestamps[120], timestamps[129])


def test_purged_k_fold_resumes_training_after_the_test_labels_and_the_embargo() -> None:
    # 200 bars in 2 folds; block 0 tests bars 0-99, whose labels end at bar 103; 6 bars of embargo; training from 110.
    timestamps = calendar(200)
    labels = labels_on(timestamps, n_tickers=1, horizon=4)
    config = SplitsConfig(
        scheme="purged_k_fold", n_folds=2, embargo_bars=6, early_stopping_fraction=0.0, calibration_fraction=0.0
    )
    first, second = make_folds(labels, timestamps, config)
    assert first.train.tolist() == list(range(110, 196))
    assert second.train.tolist() == list(range(96))


def test_a_rolling_window_trains_on_the_last_training_bars_only() -> None:
    timestamps = calendar(300)
    labels = labels_on(timestamps, n_tickers=1, horizon=3)
    config = SplitsConfig(train_bars=160, test_bars=50, window="rolling", early_stopping_fraction=0.0)
    starts = [int(fold.train[0]) for fold in make_folds(labels, timestamps, config)]
    assert starts == [0, 50, 100]
    assert int(final_fold(labels, timestamps, config).train[0]) == 140


def test_rows_without_a_target_are_tested_and_never_trained_on() -> None:
    timestamps = calendar(300)
    labels = labels_on(timestamps, n_tickers=2)
    labels.loc[labels.index[40:80], ["target", "label_end"]] = [np.nan, pd.NaT]
    folds = make_folds(labels, timestamps, SplitsConfig(train_bars=160, test_bars=70))
    assert not set(range(40, 80)) & set(folds[0].train.tolist())
    assert folds[-1].test[-1] == len(labels) - 1
    assert np.isnan(labels["target"].iloc[-1])


def test_the_final_fold_ends_with_the_calibration_block_and_tests_nothing() -> None:
    timestamps = calendar(300)
    labels = labels_on(timestamps, n_tickers=1, horizon=3)
    fold = final_fold(labels, timestamps, SplitsConfig())
    assert len(fold.test) == 0
    assert fold.test_start is None
    assert int(fold.calibration[-1]) == 296
    assert_nothing_leaks(labels, timestamps, fold, 5)


def test_blocks_with_fraction_zero_are_left_to_training() -> None:
    timestamps = calendar(200)
    labels = labels_on(timestamps, n_tickers=1, horizon=2)
    config = SplitsConfig(train_bars=100, test_bars=100, early_stopping_fraction=0.0, calibration_fraction=0.0)
    (fold,) = make_folds(labels, timestamps, config)
    assert fold.train.tolist() == list(range(98))
    assert len(fold.early_stopping) == len(fold.calibration) == 0


def test_a_ticker_that_starts_late_or_misses_bars_is_split_by_everybodys_bars() -> None:
    timestamps = calendar(300)
    labels = labels_on(timestamps, n_tickers=2).drop(index=[(timestamps[k], "T1") for k in [*range(200), 220, 230]])
    folds = make_folds(labels, timestamps, SplitsConfig(train_bars=180, test_bars=60))
    for fold in folds:
        assert_nothing_leaks(labels, timestamps, fold, 0)
        assert bars_of(labels, fold.test).min() == fold.test_start


@pytest.mark.parametrize(
    ("config", "n_bars", "numbers"),
    [
        (SplitsConfig(train_bars=756), 500, ("756", "757", "500")),
        (SplitsConfig(scheme="purged_k_fold", n_folds=20), 30, ("20", "40", "30")),
        (SplitsConfig(train_bars=40, test_bars=10), 60, ("training", "block of fold 0", "20")),
        (SplitsConfig(train_bars=100, test_bars=10), 160, ("early-stopping block of fold 0", "20")),
        (SplitsConfig(train_bars=100, test_bars=10, early_stopping_fraction=0), 160, ("calibration block", "20")),
        (SplitsConfig(train_bars=100, test_bars=1), 1200, ("1,100 folds", "1,000")),
        (SplitsConfig(scheme="combinatorial_purged", n_folds=30, n_test_folds=5), 900, ("142,506 folds", "1,000")),
    ],
)
def test_a_history_that_is_too_short_is_refused_with_what_is_there_and_what_is_needed(
    config: SplitsConfig, n_bars: int, numbers: tuple[str, ...]
) -> None:
    timestamps = calendar(n_bars)
    horizon = 30 if n_bars == 60 else 5
    with pytest.raises(TrainingError) as refusal:
        make_folds(labels_on(timestamps, n_tickers=1, horizon=horizon), timestamps, config)
    for number in numbers:
        assert number in str(refusal.value)


def test_a_horizon_that_eats_a_block_is_an_error_and_not_an_empty_block() -> None:
    timestamps = calendar(400)
    labels = labels_on(timestamps, n_tickers=1, horizon=40)
    with pytest.raises(TrainingError, match=r"the early-stopping block of fold 0 has 0 labelled rows after purging"):
        make_folds(labels, timestamps, SplitsConfig(train_bars=250))
