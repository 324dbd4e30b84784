"""A fetch in parts: the bars of one fetch, and what has arrived stays whatever happens to the next part."""

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import DataError
from core.contracts.data_access import NoAccess
from core.engine.date_span import DateSpan
from core.engine.fetch_parts import FetchParts
from core.engine.incremental_bars import incremental_bars

KEY = {"source": "market", "ticker": "AAPL"}
FIRST = date(2024, 1, 1)
LAST = FIRST + timedelta(days=99)
DAYS = st.integers(0, 99).map(lambda n: FIRST + timedelta(days=n))


class Kept(NoAccess):
    """Keeps bars in memory."""

    frame = None

    def read_bars(self, key):
        return self.frame

    def keep_bars(self, key, frame):
        self.frame = frame.copy()
        self.frame.attrs = json.loads(json.dumps(frame.attrs))


class Market:
    """A source that has bars by its own days, hours away from UTC's, and fails at some questions."""

    def __init__(self, hours_from_utc=0, bars_a_day=1):
        random = np.random.default_rng(5)
        times = [
            pd.Timestamp(FIRST, tz="UTC") + timedelta(days=int(day), hours=hour)
            for day in np.flatnonzero(random.random(100) < 0.7)
            for hour in range(0, 24, 24 // bars_a_day)
        ]
        close = 100.0 + random.normal(size=len(times)).cumsum()
        self.bars = pd.DataFrame({"timestamp": pd.DatetimeIndex(times).as_unit("us"), "close": close})
        self.hours_from_utc, self.asked, self.fails_at = hours_from_utc, [], set()

    def fetch(self, start, end):
        self.asked.append((start, end))
        if len(self.asked) in self.fails_at:
            raise DataError("the line is dead")
        days = (self.bars["timestamp"] + timedelta(hours=self.hours_from_utc)).dt.date
        found = self.bars[(days >= (start or date.min)) & (days <= (end or date.max))]
        return found if len(found) else found[["timestamp"]]


def cut_every(n_days):
    def cut_at(start, end):
        n_cuts = ((end or LAST) - (start or FIRST)).days // n_days
        return [(start or FIRST) + timedelta(days=n_days * number) for number in range(1, n_cuts + 1)]

    return cut_at


def load(access, market, start=None, end=LAST, *, days=10, **options):
    options = {"interval": "1d", "today": LAST + timedelta(days=30), **options}
    return incremental_bars(access, KEY, start, end, market.fetch, cut_at=days and cut_every(days), **options)


def until_it_is_there(access, market, start, end, **options):
    """Load again and again, as somebody does whose line is bad."""
    while True:
        try:
            return load(access, market, start, end, **options)
        except DataError:
            continue


def test_parts_follow_one_another_and_open_ends_stay_open():
    cuts = [date(2024, 1, 5), date(2024, 1, 9)]
    found = FetchParts(lambda start, end: cuts).of(DateSpan(None, None))
    ends = [(None, date(2024, 1, 4)), (date(2024, 1, 5), date(2024, 1, 8)), (date(2024, 1, 9), None)]
    assert [(part.first, part.last) for part in found] == ends
    assert FetchParts().of(DateSpan(FIRST, LAST)) == [DateSpan(FIRST, LAST)]


def test_what_has_arrived_is_not_asked_for_again():
    access, market = Kept(), Market()
    market.fails_at = {7}
    with pytest.raises(DataError, match="the line is dead"):
        load(access, market, FIRST)
    reached = access.frame["timestamp"].iloc[-1].date()
    assert reached >= FIRST + timedelta(days=55)
    market.asked.clear()
    market.fails_at = set()
    found = load(access, market, FIRST, overlap_bars=2)
    assert market.asked[0][0] == access.frame["timestamp"][access.frame["timestamp"].dt.date <= reached].iloc[-2].date()
    assert len(market.asked) == 5
    pd.testing.assert_frame_equal(found, market.bars, check_exact=True)


def test_earlier_dates_are_asked_for_from_new_to_old_so_that_each_part_can_be_kept():
    access, market = Kept(), Market()
    load(access, market, FIRST + timedelta(days=80))
    market.asked.clear()
    market.fails_at = {5}
    with pytest.raises(DataError, match="the line is dead"):
        load(access, market, FIRST)
    starts = [start for start, _ in market.asked]
    assert starts == sorted(starts, reverse=True)
    assert access.frame["timestamp"].iloc[0].date() <= starts[-2] + timedelta(days=3)
    market.fails_at = set()
    pd.testing.assert_frame_equal(load(access, market, FIRST), market.bars, check_exact=True)


@settings(deadline=None, max_examples=40)
@given(
    requests=st.lists(st.tuples(DAYS, DAYS), min_size=1, max_size=3),
    fails_at=st.sets(st.integers(1, 30), max_size=10),
    days=st.integers(4, 40),
    bars_a_day=st.sampled_from([1, 4]),
)
def test_a_bad_line_gives_the_same_bars_as_a_good_one(requests, fails_at, days, bars_a_day):
    access, market = Kept(), Market(bars_a_day=bars_a_day)
    market.fails_at = fails_at
    for start, end in requests:
        found = until_it_is_there(access, market, start, end, days=days, interval="1d" if bars_a_day == 1 else "6h")
        held = DateSpan(start, end).cut(market.bars).reset_index(drop=True)
        pd.testing.assert_frame_equal(found, held[found.columns], check_exact=True)


@pytest.mark.parametrize("hours", [-8, 13])
def test_days_that_are_not_utcs_lose_no_bar_where_they_were_cut(hours):
    whole = load(NoAccess(), Market(hours, 4), FIRST, days=None, interval="6h")
    access, market = Kept(), Market(hours, 4)
    market.fails_at = {2, 4, 7, 11}
    found = until_it_is_there(access, market, FIRST, LAST, interval="6h")
    pd.testing.assert_frame_equal(found, whole, check_exact=True)


@pytest.mark.parametrize("factor", [0.25, 0.998])
def test_a_history_rewritten_after_the_first_parts_is_asked_for_anew_and_its_parts_are_kept_too(factor):
    access, market = Kept(), Market()
    market.fails_at = {7}
    with pytest.raises(DataError):
        load(access, market)
    market.bars = market.bars.assign(close=market.bars["close"] * factor)
    market.asked.clear()
    market.fails_at = {6}
    with pytest.raises(DataError):
        load(access, market)
    assert market.asked[1][0] is None  # the first question showed it
    market.asked.clear()
    market.fails_at = set()
    pd.testing.assert_frame_equal(load(access, market), market.bars, check_exact=True)
    assert market.asked[0][0] > FIRST + timedelta(days=20)


def test_a_part_that_brings_a_bar_of_the_one_before_is_refused():
    market = Market()

    def overlapping(start, end):
        return market.fetch(start and start - timedelta(days=3), end)

    with pytest.raises(DataError, match="old to new"):
        incremental_bars(NoAccess(), KEY, FIRST, LAST, overlapping, today=LAST, cut_at=cut_every(10))


def test_parts_without_bars_are_passed_over():
    market = Market()
    market.bars = market.bars[market.bars["timestamp"].dt.day > 12].reset_index(drop=True)
    pd.testing.assert_frame_equal(load(Kept(), market, FIRST, days=3), market.bars, check_exact=True)
    assert load(Kept(), market, date(1990, 1, 1), date(1990, 3, 1)).empty
