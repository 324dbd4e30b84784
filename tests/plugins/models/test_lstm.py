"""The `lstm` model: what a prediction reads, and what it does not."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import qlop
import torch
from qlop.testing import ModelContractSuite, make_training_data

from plugins.models.lstm import LSTM

TINY = {"epochs": 2, "sequence_bars": 5, "hidden_width": 6, "batch_rows": 64, "learning_rate": 0.02}


class TestLSTM(ModelContractSuite):
    plugin_class = LSTM
    params: ClassVar[dict] = TINY


def fitted(data: qlop.TrainingData, **params: object) -> LSTM:
    model = LSTM("lstm", LSTM.Params(**{**TINY, **params}))
    model.train(data, None, qlop.TrainContext("classification", seed=1))
    return model


@pytest.fixture(scope="module")
def model() -> LSTM:
    return fitted(make_training_data("classification"))


@pytest.fixture(scope="module")
def features() -> pd.DataFrame:
    return make_training_data("classification", n_rows=120, seed=2).features


def one_ticker(features: pd.DataFrame, ticker: str = "T00") -> pd.DataFrame:
    return features[features.index.get_level_values("ticker") == ticker]


def test_appended_rows_change_nothing(model: LSTM, features: pd.DataFrame) -> None:
    whole = model.predict(features)
    for n_rows in (1, 2, 11, 60, 119):
        pd.testing.assert_frame_equal(model.predict(features.iloc[:n_rows]), whole.iloc[:n_rows], rtol=1e-12)


def test_other_tickers_and_the_order_of_rows_change_nothing(model: LSTM, features: pd.DataFrame) -> None:
    whole = model.predict(features)
    shuffled = features.sample(frac=1.0, random_state=1)
    pd.testing.assert_frame_equal(model.predict(shuffled).loc[features.index], whole, rtol=1e-12)
    alone = one_ticker(features)
    pd.testing.assert_frame_equal(model.predict(alone), whole.loc[alone.index], rtol=1e-12)


def test_a_row_reads_its_last_bars_and_none_before_them(model: LSTM, features: pd.DataFrame) -> None:
    alone = one_ticker(features)
    last = model.predict(alone)["probability_1"].iloc[-1]
    for bars_ago in range(8):
        changed = alone.copy()
        changed.iloc[-1 - bars_ago] += 1.0
        moved = model.predict(changed)["probability_1"].iloc[-1] != last
        assert moved == (bars_ago < 5), bars_ago


def test_a_history_crosses_no_hole(model: LSTM, features: pd.DataFrame) -> None:
    alone = one_ticker(features)
    holed = pd.concat([alone.iloc[:20], alone.iloc[40:]])
    found = model.predict(holed).iloc[20:]
    pd.testing.assert_frame_equal(found, model.predict(alone.iloc[40:]), rtol=1e-12)
    across = fitted(make_training_data("classification"), longest_gap_days=60.0)
    assert across.predict(holed).iloc[20, 1] != across.predict(alone.iloc[40:]).iloc[0, 1]


def test_the_first_row_of_all_is_predicted(model: LSTM, features: pd.DataFrame) -> None:
    assert np.isfinite(model.predict(features.iloc[:1])["probability_1"]).all()


def test_validation_rows_have_no_history_in_the_training_rows() -> None:
    """A model that stopped on later rows equals one whose training rows end years earlier, seen from those rows."""
    data, later = make_training_data("classification"), make_training_data("classification", seed=1)
    moved = later.features.index.set_levels(later.features.index.levels[0] + pd.Timedelta(days=3650), level=0)
    far = qlop.TrainingData(later.features.set_axis(moved), later.target.set_axis(moved))
    losses: list[list[float]] = []
    for validation in (later, far):
        seen: list[float] = []
        own = LSTM("lstm", LSTM.Params(**TINY))
        report = lambda name, value, _step, seen=seen: seen.append(value) if name == "validation_loss" else None  # noqa: E731
        own.train(data, validation, qlop.TrainContext("classification", seed=1, report_metric=report))
        losses.append(seen)
    assert losses[0] == losses[1]


def test_the_state_of_the_last_step_equals_that_of_a_bare_lstm(model: LSTM, features: pd.DataFrame) -> None:
    alone = one_ticker(features)
    record, network = model.record, model.network
    inputs = torch.from_numpy(record.standardisation.apply(alone.to_numpy()))
    for row in (0, 2, 30):
        steps = inputs[max(0, row - 4) : row + 1][None]
        with torch.no_grad():
            states, _ = network.recurrent(steps)
            expected = torch.softmax(network.output(states[:, -1]), dim=1)[0, 1].item()
        assert model.predict(alone)["probability_1"].iloc[row] == pytest.approx(expected, abs=1e-12)


def test_holes_are_the_same_ones_after_loading(tmp_path: Path, features: pd.DataFrame) -> None:
    first = fitted(make_training_data("classification"), longest_gap_days=2.0)
    first.save_model(tmp_path)
    second = LSTM("lstm", first.params)
    second.load_model(tmp_path)
    assert second.record.longest_gap_us == 2 * 24 * 3600 * 1_000_000
    pd.testing.assert_frame_equal(second.predict(features), first.predict(features), check_exact=True)


def test_memories_on_top_of_each_other_are_trained(features: pd.DataFrame) -> None:
    deep = fitted(make_training_data("classification"), n_layers=2, dropout=0.3)
    assert deep.network.recurrent.num_layers == 2
    assert deep.predict(features)["probability_1"].nunique() == len(features)


def test_rows_without_tickers_are_refused(model: LSTM, features: pd.DataFrame) -> None:
    with pytest.raises(qlop.DataError, match=r"the rows need the index \(timestamp, ticker\)"):
        model.predict(features.reset_index(drop=True))
