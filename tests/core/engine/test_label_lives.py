"""Labels are placed on the bars, or refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError
from core.engine.label_lives import label_lives

BARS = pd.date_range("2020-01-01", periods=5, freq="D", tz="UTC")


def labels(**columns: list) -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples([(BARS[0], "A"), (BARS[0], "B"), (BARS[1], "A")], names=["timestamp", "ticker"])
    frame = pd.DataFrame({"target": [1.0, 0.0, np.nan], "label_end": [BARS[2], BARS[4], pd.NaT]}, index=index)
    return frame.assign(**columns)


def test_rows_become_positions_and_unlabelled_rows_have_no_life() -> None:
    lives = label_lives(labels(), BARS)
    assert lives.bar.tolist() == [0, 0, 1]
    assert lives.last_bar.tolist() == [2, 4, 5]
    assert lives.ticker.tolist() == [0, 1, 0]
    assert lives.is_labelled.tolist() == [True, True, False]


def test_an_end_between_two_bars_counts_as_the_earlier_one() -> None:
    lives = label_lives(labels(label_end=[BARS[2] + pd.Timedelta(hours=9), BARS[4], pd.NaT]), BARS)
    assert lives.last_bar[0] == 2


def test_an_end_after_the_data_counts_as_the_last_bar() -> None:
    assert label_lives(labels(label_end=[BARS[2], BARS[4] + pd.Timedelta(days=9), pd.NaT]), BARS).last_bar[1] == 4


@pytest.mark.parametrize(
    ("frame", "bars", "message"),
    [
        (labels().drop(columns="label_end"), BARS, "lack the column 'label_end'"),
        (labels(), BARS[::-1], "not sorted and unique"),
        (labels(), BARS[1:], r"A at 2020-01-01 .* is not a bar"),
        (labels(target=[1.0, 0.0, 1.0]), BARS, r"A at 2020-01-02 .* has a target but no label_end"),
        (labels(label_end=[BARS[2], BARS[0] - pd.Timedelta(days=1), pd.NaT]), BARS, "before its own bar"),
    ],
)
def test_labels_that_cannot_be_placed_are_refused(frame: pd.DataFrame, bars: pd.DatetimeIndex, message: str) -> None:
    with pytest.raises(DataError, match=message):
        label_lives(frame, bars)
