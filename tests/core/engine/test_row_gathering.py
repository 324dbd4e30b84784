"""Rows that are gathered block by block, in any order, and where each of them came from."""

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError
from core.engine.panel_from_rows import panel_from_rows
from core.engine.row_gathering import GrowingColumn, RowGathering
from core.engine.row_places import RowPlaces
from core.testing.panels import make_panel

PANEL = make_panel(60, 4, missing=0.1)


def test_a_column_holds_what_was_put_in_it_however_often_it_grew() -> None:
    column, values = GrowingColumn(np.float64), np.arange(300_000.0)
    for part in np.array_split(values, 37):
        column.add(part)
    np.testing.assert_array_equal(column.taken(), values)
    assert len(column) == 0


def test_rows_in_any_order_and_any_blocks_give_the_panel_that_they_are_of() -> None:
    rows = PANEL.reset_index().sample(frac=1.0, random_state=3)
    gathering = RowGathering()
    for start in range(0, len(rows), 17):
        part = rows.iloc[start : start + 17]
        columns = {name: part[name].to_numpy() for name in PANEL.columns}
        gathering.add(pd.Categorical(part["ticker"]), pd.DatetimeIndex(part["timestamp"]), columns)
    panel = panel_from_rows(gathering.taken(), origin="x", origin_of_row=str, time_order="any")
    pd.testing.assert_frame_equal(panel, PANEL, check_exact=True)


DAYS = pd.date_range("2004-03-01", periods=2, tz="UTC")


@pytest.mark.parametrize("first_has_it", [True, False])
def test_a_column_that_some_rows_came_without_is_nan_in_these_and_shifts_no_value(first_has_it: bool) -> None:
    gathering = RowGathering()
    for n, ticker in enumerate(("A", "B", "C")):
        columns = {"close": np.array([1.0, 2.0]) + n, "dividend": np.array([0.5, 0.25])}
        if (n == 1) == first_has_it:
            columns.pop("dividend")
        gathering.add(pd.Categorical([ticker, ticker]), DAYS, columns)
    rows = gathering.taken()
    nan = [np.nan, np.nan]
    dividends = [0.5, 0.25, *nan, 0.5, 0.25] if first_has_it else [*nan, 0.5, 0.25, *nan]
    np.testing.assert_array_equal(rows.columns["close"], [1.0, 2.0, 2.0, 3.0, 3.0, 4.0])
    np.testing.assert_array_equal(rows.columns["dividend"], dividends)


def test_a_block_without_rows_brings_no_column() -> None:
    gathering, none = RowGathering(), np.empty(0)
    assert gathering.add(pd.Categorical([]), DAYS[:0], {"close": none, "dividend": none}) == []
    gathering.add(pd.Categorical(["A", "A"]), DAYS, {"close": np.ones(2)})
    assert list(gathering.taken().columns) == ["close"]


@pytest.mark.parametrize(
    ("tickers", "days", "lacks"), [(["A", None], DAYS, "ticker"), (["A", "A"], DAYS.insert(1, pd.NaT)[:2], "time")]
)
def test_a_row_without_a_ticker_or_a_time_is_refused_by_its_number(
    tickers: list[str], days: pd.DatetimeIndex, lacks: str
) -> None:
    gathering = RowGathering()
    gathering.add(pd.Categorical(["B", "B"]), DAYS, {"close": np.ones(2)})
    with pytest.raises(DataError, match=rf"^Row 4 of those gathered: the row has no {lacks}; each bar needs one"):
        gathering.add(pd.Categorical(tickers), days, {"close": np.ones(2)})
    assert (len(gathering), gathering.tickers) == (2, ["B"])


def test_each_rows_file_and_number_are_known() -> None:
    places = RowPlaces()
    places.add(0, np.arange(5))
    places.add(1, np.array([2, 3, 9, 4]))
    places.add(np.array([1, 2, 2]), np.array([5, 0, 1]))
    assert [places.of(row) for row in range(len(places))] == [
        *((0, number) for number in range(5)), (1, 2), (1, 3), (1, 9), (1, 4), (1, 5), (2, 0), (2, 1),
    ]  # fmt: skip
