"""Spans of dates, open or closed on either side."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine.date_span import DateSpan

FIRST = date(2024, 1, 1)
DATES = st.one_of(st.none(), st.integers(0, 20).map(lambda n: FIRST + timedelta(days=n)))
SPANS = st.builds(DateSpan, DATES, DATES)


def holds(span, day):
    return (span.first is None or span.first <= day) and (span.last is None or day <= span.last)


@given(one=SPANS, other=SPANS, n=st.integers(-5, 25))
def test_a_joined_span_holds_what_either_holds(one, other, n):
    day = FIRST + timedelta(days=n)
    if holds(one, day) or holds(other, day):
        assert holds(one.joined(other), day)


@given(one=SPANS, other=SPANS)
def test_a_joined_span_reaches_no_further_than_its_two(one, other):
    joined = one.joined(other)
    assert joined == other.joined(one)
    assert joined.first in {one.first, other.first}
    assert joined.last in {one.last, other.last}
    assert not joined.begins_after(one)
    assert not joined.ends_before(other)


@pytest.mark.parametrize(
    ("span", "kept"),
    [
        (DateSpan(None, None), [0, 1, 2, 3]),
        (DateSpan(date(2024, 1, 2), None), [1, 2, 3]),
        (DateSpan(None, date(2024, 1, 2)), [0, 1, 2]),
        (DateSpan(date(2024, 1, 2), date(2024, 1, 2)), [1, 2]),
        (DateSpan(date(2024, 1, 4), None), []),
    ],
)
def test_the_last_date_is_included_to_its_last_moment(span, kept):
    moments = ["2024-01-01", "2024-01-02", "2024-01-02 23:59:59.999999", "2024-01-03"]
    bars = pd.DataFrame({"timestamp": pd.to_datetime(moments, utc=True, format="ISO8601"), "row": range(4)})
    assert span.cut(bars)["row"].tolist() == kept
