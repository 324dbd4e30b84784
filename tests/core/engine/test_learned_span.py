"""The span of bars that a model learned from ends with the last label that any of its blocks knew."""

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError
from core.config.sections import SplitsConfig
from core.engine.learned_span import LearnedSpan, learned_span
from core.engine.splits import final_fold

BARS = pd.date_range("2020-01-01", periods=400, tz="UTC")


def labels(horizon_bars):
    index = pd.MultiIndex.from_product([BARS, ["A", "B"]], names=["timestamp", "ticker"])
    ends = pd.Series(BARS, index=BARS).shift(-horizon_bars).reindex(index.get_level_values(0)).array
    return pd.DataFrame({"target": np.where(pd.isna(ends), np.nan, 1.0), "label_end": ends}, index=index)


@pytest.mark.parametrize("calibration_fraction", [0.0, 0.15])
@pytest.mark.parametrize("horizon_bars", [1, 20])
def test_it_ends_with_the_last_label_end_of_all_blocks(horizon_bars, calibration_fraction):
    splits = SplitsConfig(calibration_fraction=calibration_fraction)
    told = labels(horizon_bars)
    found = learned_span(told, final_fold(told, BARS, splits))
    assert (found.first_bar, found.until) == (BARS[0], BARS[-1])


def test_rows_without_a_label_teach_nothing():
    told = labels(5)
    told.loc[told.index.get_level_values(0) > BARS[299], ["target", "label_end"]] = [np.nan, pd.NaT]
    found = learned_span(
        told, final_fold(told, BARS, SplitsConfig(calibration_fraction=0.0, early_stopping_fraction=0.0))
    )
    assert found.until == BARS[304]


def test_a_rolling_window_begins_where_its_rows_do():
    told = labels(5)
    found = learned_span(told, final_fold(told, BARS, SplitsConfig(train_bars=200, window="rolling")))
    assert found.first_bar == BARS[200]


def test_it_comes_back_from_json():
    span = LearnedSpan(BARS[3], pd.Timestamp("2021-03-04 15:30", tz="UTC"), 12)
    assert LearnedSpan.from_json(span.to_json()) == span


@pytest.mark.parametrize("elsewhere", ["known", "unknown"])
def test_what_was_learned_elsewhere_comes_back_and_is_not_written_where_there_is_nothing(elsewhere):
    span = LearnedSpan(BARS[3], BARS[9], 12)
    assert "elsewhere" not in span.to_json()
    told = {**span.to_json(), "elsewhere": elsewhere}
    assert LearnedSpan.from_json(told).to_json() == told
    assert LearnedSpan.from_json(told).elsewhere == elsewhere
    with pytest.raises(DataError, match="no span of bars"):
        LearnedSpan.from_json({**told, "elsewhere": "perhaps"})


@pytest.mark.parametrize("until", ["2020-06-01", "never", None, "NaT"])
def test_a_moment_that_is_none_in_utc_is_refused(until):
    with pytest.raises(DataError, match="no span of bars"):
        LearnedSpan.from_json({"first_bar": "2020-01-01T00:00:00+00:00", "until": until, "n_rows": 1})
