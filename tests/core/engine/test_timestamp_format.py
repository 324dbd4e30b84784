"""Formats in which times can be read, and those in which none could be."""

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine.table_times import TimeReading
from core.engine.timestamp_format import EPOCH_FORMATS, checked_timestamp_format


@pytest.mark.parametrize(
    "timestamp_format",
    [*EPOCH_FORMATS, "%d.%m.%Y", "%Y%m%d", "%b %d %Y", "%y-%j", "%G-W%V-%u", "%Y-%m", "%m/%d/%Y %I:%M %p", "%d%m%Y%z"],
)
def test_a_format_that_says_which_day_it_is_may_be_used(timestamp_format):
    assert checked_timestamp_format(timestamp_format) == timestamp_format


@pytest.mark.parametrize(
    ("timestamp_format", "part"),
    [
        ("%Q", "'Q' is a bad directive"),
        ("%Y-%m-%d%", "stray %"),
        ("%Y-%m-%Y", "cannot be read"),
        ("mixed", "holds no directive"),
        ("epoch_ns", "epoch_s, epoch_ms or epoch_us"),
        ("", "holds no directive"),
        ("%H:%M", "must name the year and the month"),
        ("%d.%m.", "must name the year and the month"),
        ("%Y", "must name the year and the month"),
        ("%Y-%m-%d %I:%M", "add %p, or write %H"),
        ("%Y-%m-%d ", "no white space at its ends"),
        ("%z %Y-%m-%d", "must have %z at its end"),
    ],
)
def test_a_format_in_which_no_time_could_be_read_is_refused(timestamp_format, part):
    with pytest.raises(ValueError, match=part):
        checked_timestamp_format(timestamp_format)


@given(
    st.lists(st.sampled_from(["%Y", "%m", "%d", "%H", "%M", "%p", "%I", "%z", "%", "%Q", "%j", "-", " "]), max_size=7)
)
def test_what_is_not_refused_never_fails_for_its_own_sake(parts):
    timestamp_format = "".join(parts)
    try:
        checked_timestamp_format(timestamp_format)
    except ValueError:
        return
    written = pd.Timestamp("2009-12-24 18:30", tz="UTC").strftime(timestamp_format)
    reading = TimeReading(daily=True, timestamp_format=timestamp_format, timezone="UTC")
    assert reading.read(pa.chunked_array([[written]]))[0].strftime("%Y-%m") == "2009-12"
