"""Sessions and moments out of cells."""

from datetime import UTC, date, datetime

import pandas as pd
import pyarrow as pa
import pytest

from core.engine.table_cells import CellError
from core.engine.table_times import timestamps_of


def cells(*values: object) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(list(values))])


def texts(index: pd.DatetimeIndex) -> list[str]:
    assert str(index.tz) == "UTC"
    return [moment.strftime("%Y-%m-%d %H:%M") for moment in index]


@pytest.mark.parametrize(
    "value",
    [
        "2004-03-05",
        "20040305",
        " 2004-03-05 ",
        "2004-03-05 00:00:00",
        "2004-03-05T00:00:00Z",
        "2004-03-05 00:00:00-05:00",
        "2004-03-05T00:00:00+0900",
        "2004-03-05 00:00:00-05",
        "2004-03-05 00:00:00+02",
        date(2004, 3, 5),
        pd.Timestamp("2004-03-05"),
        datetime(2004, 3, 5, tzinfo=UTC),
    ],
)
def test_a_daily_bar_bears_its_sessions_date_as_written(value: object) -> None:
    assert texts(timestamps_of(cells(value), daily=True)) == ["2004-03-05 00:00"]


def test_a_session_across_a_change_of_offset_keeps_its_dates() -> None:
    days = timestamps_of(cells("2004-04-02 00:00:00-05:00", "2004-04-05 00:00:00-04:00"), daily=True)
    assert texts(days) == ["2004-04-02 00:00", "2004-04-05 00:00"]


def test_a_session_given_as_a_moment_is_the_exchanges_date() -> None:
    column = cells("2004-03-04T15:00:00Z")
    assert texts(timestamps_of(column, daily=True, timezone="Asia/Tokyo")) == ["2004-03-05 00:00"]
    with pytest.raises(CellError, match="is no date but a time of day; set the parameter timezone"):
        timestamps_of(column, daily=True)


@pytest.mark.parametrize("offset", ["-05:00", ""])
def test_several_times_of_one_day_are_no_days_and_point_to_the_interval(offset: str) -> None:
    column = cells(f"2004-03-05 09:30:00{offset}", f"2004-03-05 09:35:00{offset}")
    with pytest.raises(CellError, match=r"2004-03-05 09:30:00 is no date.*: set data\.interval to the bars' own"):
        timestamps_of(column, daily=True)


def test_an_intraday_time_with_an_offset_is_that_moment() -> None:
    written = ["09:30:00-05:00", "14:31:00Z", "09:32:00-05", "09:33-0500", "20:04:00.5+0530", "15:35:00+01"]
    moments = timestamps_of(cells(*(f"2004-03-05 {time}" for time in written)), daily=False)
    assert texts(moments) == [f"2004-03-05 14:{minute}" for minute in range(30, 36)]


def test_an_intraday_time_without_a_zone_needs_one() -> None:
    column = cells("2004-03-05 09:30", "2004-07-05 09:30")
    with pytest.raises(CellError, match="bears no time zone; set the parameter timezone"):
        timestamps_of(column, daily=False)
    assert texts(timestamps_of(column, daily=False, timezone="America/New_York")) == [
        "2004-03-05 14:30",
        "2004-07-05 13:30",
    ]


@pytest.mark.parametrize("missing_or_twice", ["2004-04-04 02:30", "2004-10-31 01:30"])
def test_a_time_that_does_not_exist_or_happens_twice_is_refused(missing_or_twice: str) -> None:
    with pytest.raises(CellError, match="happens twice or not at all in America/New_York") as caught:
        timestamps_of(cells("2004-04-01 09:30", missing_or_twice), daily=False, timezone="America/New_York")
    assert caught.value.row == 1


@pytest.mark.parametrize(
    "text", ["05.03.2004", "03/05/2004", "2004", "2004-13-01", "2004-02-30", "Friday", "1078444800"]
)
def test_a_text_that_is_no_iso_date_is_refused_rather_than_guessed(text: str) -> None:
    with pytest.raises(CellError, match=r"timestamp_format") as caught:
        timestamps_of(cells("2004-03-05", text), daily=True)
    assert caught.value.row == 1
    assert repr(text) in caught.value.reason


def test_a_format_reads_what_it_says() -> None:
    assert texts(timestamps_of(cells("05.03.2004"), daily=True, timestamp_format="%d.%m.%Y")) == ["2004-03-05 00:00"]
    assert texts(timestamps_of(cells(20040305), daily=True, timestamp_format="%Y%m%d")) == ["2004-03-05 00:00"]
    aware = timestamps_of(cells("05.03.2004 09:30 -0500"), daily=False, timestamp_format="%d.%m.%Y %H:%M %z")
    assert texts(aware) == ["2004-03-05 14:30"]
    with pytest.raises(CellError, match=r"'2004-03-05' is not a date in the format %d\.%m\.%Y"):
        timestamps_of(cells("2004-03-05"), daily=True, timestamp_format="%d.%m.%Y")


@pytest.mark.parametrize(("unit", "factor"), [("epoch_s", 1), ("epoch_ms", 1_000), ("epoch_us", 1_000_000)])
def test_counts_since_1970_are_read_in_their_unit_as_numbers_and_as_texts(unit: str, factor: int) -> None:
    count = 1078497000 * factor
    for column in (cells(count), cells(str(count))):
        assert texts(timestamps_of(column, daily=False, timestamp_format=unit)) == ["2004-03-05 14:30"]


def test_counts_need_a_unit_and_must_be_whole() -> None:
    with pytest.raises(CellError, match="1078497000 is a number; set the parameter timestamp_format: epoch_s"):
        timestamps_of(cells(1078497000), daily=False)
    with pytest.raises(CellError, match="is not whole"):
        timestamps_of(cells(1078497000.5), daily=False, timestamp_format="epoch_s")


def test_rows_with_and_without_a_zone_do_not_mix() -> None:
    with pytest.raises(CellError, match="differs from the rows above in having a zone") as caught:
        timestamps_of(cells("2004-03-05 09:30Z", "2004-03-05 09:31"), daily=False, timezone="UTC")
    assert caught.value.row == 1


@pytest.mark.parametrize("column", [cells("2004-03-05", ""), cells("2004-03-05", None), cells(date(2004, 3, 5), None)])
def test_an_empty_time_is_refused(column: pa.ChunkedArray) -> None:
    with pytest.raises(CellError, match="the cell is empty") as caught:
        timestamps_of(column, daily=True)
    assert caught.value.row == 1
