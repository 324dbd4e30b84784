from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from qlop.testing import FeatureStepContractSuite

from plugins.feature_steps.calendar import Calendar


class TestCalendar(FeatureStepContractSuite):
    plugin_class = Calendar


def columns_of(dates: list[str], **params) -> pd.DataFrame:
    timestamps = pd.DatetimeIndex(dates, tz="UTC").as_unit("us")
    index = pd.MultiIndex.from_product([timestamps, ["A", "B"]], names=["timestamp", "ticker"])
    panel = pd.DataFrame({"close": 1.0}, index=index)
    return Calendar("cal", Calendar.Params(**params)).transform(panel)


def test_plain_numbers_are_those_of_the_calendar():
    # 2024-02-29 was a Thursday.
    columns = columns_of(["2024-02-29"], parts=("day_of_week", "day_of_month", "month"), encoding="plain")
    assert columns.iloc[0].tolist() == [3.0, 29.0, 2.0]
    assert columns.iloc[1].tolist() == [3.0, 29.0, 2.0]


def test_cyclical_numbers_lie_on_the_circle_and_december_is_next_to_january():
    columns = columns_of(["2024-01-15", "2024-07-15", "2024-12-16"], parts=("month",))
    january, july, december = columns.iloc[[0, 2, 4]].to_numpy()
    np.testing.assert_allclose(january, [0.0, 1.0], atol=1e-12)
    np.testing.assert_allclose(july, [0.0, -1.0], atol=1e-12)
    assert np.linalg.norm(january - december) == pytest.approx(2 * np.sin(np.pi / 12))


def test_the_turn_of_the_month_counts_weekdays():
    # March 2024 ends on a Sunday: its last weekday is Friday the 29th. April begins on a Monday.
    dates = ["2024-03-28", "2024-03-29", "2024-04-01", "2024-04-02", "2024-04-03", "2024-04-04"]
    columns = columns_of(dates, parts=("turn_of_month",), turn_last_days=1, turn_first_days=3)
    assert columns["cal_turn_of_month"].iloc[::2].tolist() == [0.0, 1.0, 1.0, 1.0, 1.0, 0.0]


def test_a_weekend_bar_is_never_at_the_turn():
    columns = columns_of(["2024-06-01", "2024-06-02", "2024-06-03"], parts=("turn_of_month",))
    assert columns["cal_turn_of_month"].iloc[::2].tolist() == [0.0, 0.0, 1.0]
