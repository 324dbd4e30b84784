"""Overlapping labels share their weight."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.engine.sample_weights import average_uniqueness, effective_sample_size, uniqueness_weights

BARS = pd.date_range("2020-01-01", periods=40, freq="D", tz="UTC")


def labels(lives: list[tuple[str, int, int]]) -> pd.DataFrame:
    """Labels from (ticker, bar, last bar); a last bar of -1 is unresolved."""
    ordered = sorted(lives, key=lambda life: (life[1], life[0]))
    index = pd.MultiIndex.from_tuples([(BARS[bar], ticker) for ticker, bar, _ in ordered])
    ends = [BARS[last] if last >= 0 else pd.NaT for _, _, last in ordered]
    return pd.DataFrame(
        {"target": [1.0 if last >= 0 else np.nan for *_, last in ordered], "label_end": ends}, index=index
    )


def test_uniqueness_is_that_computed_by_hand() -> None:
    # A lives in bars 1-3, B in bars 3-4: bar 3 holds both. A: (1 + 1 + 1/2) / 3, B: (1/2 + 1) / 2.
    frame = labels([("X", 0, 3), ("X", 2, 4)])
    assert average_uniqueness(frame, BARS).tolist() == pytest.approx([2.5 / 3, 1.5 / 2], rel=1e-14)
    assert effective_sample_size(frame, BARS) == pytest.approx(2.5 / 3 + 0.75, rel=1e-14)


def test_tickers_do_not_share_weight_unless_pooled() -> None:
    frame = labels([("X", 0, 3), ("Y", 0, 3)])
    assert average_uniqueness(frame, BARS).tolist() == [1.0, 1.0]
    assert effective_sample_size(frame, BARS, pooled=True) == pytest.approx(1.0, rel=1e-14)


def test_weights_have_mean_one_and_nan_where_there_is_no_label() -> None:
    weights = uniqueness_weights(labels([("X", 0, 3), ("X", 1, 9), ("X", 20, -1)]), BARS)
    assert weights.iloc[:2].mean() == pytest.approx(1.0, rel=1e-14)
    assert np.isnan(weights.iloc[2])


def test_a_steady_horizon_gives_one_over_the_horizon_in_the_middle() -> None:
    frame = labels([("X", bar, bar + 5) for bar in range(30)])
    assert average_uniqueness(frame, BARS).iloc[10:20].tolist() == pytest.approx([0.2] * 10, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["X", "Y"]), st.integers(0, 30), st.integers(0, 9)),
        min_size=1,
        max_size=30,
        unique_by=lambda life: life[:2],
    )
)
def test_uniqueness_equals_a_plain_loop_over_bars(raw: list[tuple[str, int, int]]) -> None:
    frame = labels([(ticker, bar, bar + length) for ticker, bar, length in raw])
    spans = [
        (ticker, set(range(BARS.get_loc(bar) + 1, max(BARS.get_loc(end), BARS.get_loc(bar) + 1) + 1)))
        for (bar, ticker), end in frame["label_end"].items()
    ]
    expected = [
        np.mean([1.0 / sum(bar in other for name, other in spans if name == ticker) for bar in sorted(span)])
        for ticker, span in spans
    ]
    found = average_uniqueness(frame, BARS)
    assert found.tolist() == pytest.approx(expected, rel=1e-12)
    assert ((found > 0) & (found <= 1 + 1e-12)).all()
    assert effective_sample_size(frame, BARS, pooled=True) <= effective_sample_size(frame, BARS) + 1e-9
