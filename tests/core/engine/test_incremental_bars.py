"""Fetching only what is missing: the same bars as one fetch, however the requests are cut."""

import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import DataError
from core.contracts.data_access import NoAccess
from core.engine.incremental_bars import incremental_bars
from core.store.bar_cache import BarCache

KEY = {"source": "market", "ticker": "AAPL", "interval": "1d"}
FIRST = date(2024, 1, 1)
TODAY = FIRST + timedelta(days=100)
DAYS = st.one_of(st.none(), st.integers(0, 110).map(lambda n: FIRST + timedelta(days=n)))


class Kept(NoAccess):
    """Keeps bars in memory."""

    def __init__(self):
        self._frames = {}

    def read_bars(self, key):
        return self._frames.get(str(key))

    def keep_bars(self, key, frame):
        kept = frame.copy()
        kept.attrs = json.loads(json.dumps(frame.attrs))
        self._frames[str(key)] = kept


class Market:
    """A source with a history, and a note of what it was asked for."""

    def __init__(self, bars):
        self.bars = bars
        self.asked = []

    def fetch(self, start, end):
        self.asked.append((start, end))
        days = self.bars["timestamp"].dt.date
        return self.bars[(days >= (start or date.min)) & (days <= (end or date.max))]


def history(n_days=101, seed=0, bars_a_day=1):
    random = np.random.default_rng(seed)
    open_days = random.random(n_days) < 0.7
    times = [
        pd.Timestamp(FIRST, tz="UTC") + timedelta(days=int(day), hours=hour)
        for day in np.flatnonzero(open_days)
        for hour in range(bars_a_day)
    ]
    return pd.DataFrame(
        {"timestamp": pd.DatetimeIndex(times).as_unit("s"), "close": 100 + random.normal(size=len(times)).cumsum()}
    )


def asked(access, market, start, end, **options):
    return incremental_bars(access, KEY, start, end, market.fetch, **{"today": TODAY, **options})


def once(market, start, end):
    bars = market.fetch(start, end).reset_index(drop=True)
    return bars.assign(timestamp=bars["timestamp"].dt.as_unit("us"))


@settings(deadline=None)
@given(
    requests=st.lists(st.tuples(DAYS, DAYS), min_size=1, max_size=6),
    seed=st.integers(0, 9),
    bars_a_day=st.sampled_from([1, 3]),
    overlap_bars=st.integers(1, 7),
)
def test_any_cut_of_requests_gives_the_same_bars_as_one_fetch(requests, seed, bars_a_day, overlap_bars):
    access, market = Kept(), Market(history(seed=seed, bars_a_day=bars_a_day))
    for start, end in requests:
        found = asked(access, market, start, end, overlap_bars=overlap_bars, interval="1d" if bars_a_day == 1 else "1h")
        pd.testing.assert_frame_equal(found, once(market, start, end), check_exact=True)


@settings(deadline=None)
@given(cut=st.integers(1, 99), factor=st.sampled_from([0.25, 0.998, 2.0]), end=DAYS)
def test_rewritten_history_is_noticed_and_nothing_of_the_old_one_stays(cut, factor, end):
    access, market = Kept(), Market(history())
    asked(access, market, None, FIRST + timedelta(days=cut))
    before = asked(access, market, None, FIRST + timedelta(days=cut))
    market.bars = market.bars.assign(close=market.bars["close"] * factor)
    asked(access, market, None, TODAY)
    assert len(before) > 0
    pd.testing.assert_frame_equal(asked(access, market, None, end), once(market, None, end), check_exact=True)


def test_bars_that_went_through_the_disk_are_the_same(tmp_path):
    class OnDisk(NoAccess):
        cache = BarCache(tmp_path, limit_bytes=10_000_000)

        def read_bars(self, key):
            return self.cache.read(key)

        def keep_bars(self, key, frame):
            self.cache.keep(key, frame)

    market = Market(history())
    for end in (date(2024, 2, 20), date(2024, 3, 20), TODAY):
        found = asked(OnDisk(), market, None, end)
        pd.testing.assert_frame_equal(found, once(market, None, end), check_exact=True)
    assert len(market.asked) == 6  # each of them and its comparison


def test_a_request_that_is_covered_asks_the_source_for_nothing():
    access, market = Kept(), Market(history())
    asked(access, market, date(2024, 1, 10), date(2024, 3, 20))
    market.asked.clear()
    asked(access, market, date(2024, 1, 10), date(2024, 3, 20))
    asked(access, market, date(2024, 2, 1), date(2024, 2, 20))
    assert market.asked == []


def test_only_what_is_missing_is_fetched_with_an_overlap():
    access, market = Kept(), Market(history())
    asked(access, market, date(2024, 2, 1), date(2024, 2, 20))
    kept = once(market, date(2024, 2, 1), date(2024, 2, 20))["timestamp"].dt.date
    market.asked.clear()
    asked(access, market, date(2024, 1, 10), date(2024, 3, 20), overlap_bars=2)
    assert market.asked == [(kept.iloc[-2], date(2024, 3, 20)), (date(2024, 1, 10), kept.iloc[1])]


def test_dates_before_the_first_bar_are_not_asked_for_twice():
    access, market = Kept(), Market(history())
    asked(access, market, date(1990, 1, 1), date(2024, 3, 1))
    market.asked.clear()
    asked(access, market, date(1995, 1, 1), date(2024, 3, 1))
    assert market.asked == []


def test_the_bar_of_today_is_returned_and_never_kept():
    access, market = Kept(), Market(history(n_days=100))
    unfinished = pd.DataFrame({"timestamp": [pd.Timestamp(TODAY, tz="UTC")], "close": [1.0]})
    market.bars = pd.concat([market.bars, unfinished], ignore_index=True)
    assert asked(access, market, None, None)["close"].iloc[-1] == 1.0
    assert access.read_bars(KEY)["timestamp"].iloc[-1] < pd.Timestamp(TODAY, tz="UTC")
    market.bars.loc[len(market.bars) - 1, "close"] = 2.0
    market.asked.clear()
    assert asked(access, market, None, None)["close"].iloc[-1] == 2.0
    assert len(market.asked) == 1


@pytest.mark.parametrize("days_ago", [1, 6])
def test_a_bar_of_the_last_week_that_came_late_is_fetched(days_ago):
    access, market = Kept(), Market(history(n_days=90))
    end = TODAY - timedelta(days=days_ago)
    asked(access, market, None, end)
    late = pd.DataFrame({"timestamp": [pd.Timestamp(end, tz="UTC").as_unit("s")], "close": [1.0]})
    market.bars = pd.concat([market.bars, late], ignore_index=True)
    pd.testing.assert_frame_equal(asked(access, market, None, end), once(market, None, end), check_exact=True)


@pytest.mark.parametrize(("interval", "n_final"), [("1d", 10), ("1wk", 4), ("1mo", 0), ("5m", 10)])
def test_a_bar_is_kept_once_its_span_is_over(interval, n_final):
    market = Market(
        pd.DataFrame(
            {"timestamp": [pd.Timestamp(TODAY, tz="UTC") - timedelta(days=n) for n in range(10, 0, -1)], "close": 1.0}
        )
    )
    access = Kept()
    assert len(asked(access, market, None, None, interval=interval)) == 10
    kept = access.read_bars(KEY)
    assert (0 if kept is None else len(kept)) == n_final


def test_the_clock_is_asked_where_no_date_is_given():
    today = pd.Timestamp(datetime.now(UTC).date(), tz="UTC")
    # A day on either side, should midnight pass while this runs.
    market = Market(
        pd.DataFrame({"timestamp": [today - timedelta(days=2), today + timedelta(days=1)], "close": [1.0, 2.0]})
    )
    access = Kept()
    incremental_bars(access, KEY, None, None, market.fetch)
    assert access.read_bars(KEY)["close"].tolist() == [1.0]


def test_a_fetch_that_fails_leaves_what_was_kept():
    access, market = Kept(), Market(history())
    asked(access, market, None, date(2024, 2, 20))

    def broken(start, end):
        raise DataError("the line is dead")

    with pytest.raises(DataError, match="the line is dead"):
        incremental_bars(access, KEY, None, date(2024, 3, 20), broken, today=TODAY)
    market.asked.clear()
    found = asked(access, market, None, date(2024, 2, 20))
    pd.testing.assert_frame_equal(found, once(market, None, date(2024, 2, 20)), check_exact=True)
    assert len(market.asked) == 1  # the comparison's own


def test_an_interrupted_download_resumes_at_the_first_ticker_that_is_not_there():
    access, market, fetched = Kept(), Market(history()), []

    def fetch(ticker, breaks_at):
        def of_ticker(start, end):
            if ticker == breaks_at:
                raise DataError(f"{ticker}: the line is dead")
            fetched.append(ticker)
            return market.fetch(start, end)

        return of_ticker

    def load(breaks_at=None):
        for ticker in ("A", "B", "C", "D"):
            incremental_bars(access, {**KEY, "ticker": ticker}, None, date(2024, 3, 1), fetch(ticker, breaks_at))

    with pytest.raises(DataError, match="C: the line"):
        load(breaks_at="C")
    load()
    assert fetched == ["A", "B", "C", "D"]


def test_refresh_replaces_what_is_kept():
    access, market = Kept(), Market(history())
    asked(access, market, None, date(2024, 3, 1))
    middle = len(market.bars) // 4
    market.bars.loc[middle, "close"] = 77.0
    assert asked(access, market, None, date(2024, 3, 1))["close"].iloc[middle] != 77.0
    assert asked(access, market, None, date(2024, 3, 1), refresh=True)["close"].iloc[middle] == 77.0
    assert asked(access, market, None, date(2024, 3, 1))["close"].iloc[middle] == 77.0


def test_without_a_cache_every_request_is_fetched():
    market = Market(history())
    for _ in range(2):
        pd.testing.assert_frame_equal(asked(NoAccess(), market, None, None), once(market, None, None))
    assert len(market.asked) == 4


def test_no_bars_are_an_empty_frame_and_not_kept():
    access, market = Kept(), Market(history())
    assert asked(access, market, date(1990, 1, 1), date(1990, 2, 1)).empty
    assert access.read_bars(KEY) is None


@pytest.mark.parametrize("attrs", [{}, {"covered": 3}, {"covered": ["yesterday", "2024-03-01"]}])
def test_kept_bars_that_do_not_say_what_they_cover_are_not_used(attrs):
    access, market = Kept(), Market(history())
    frame = history().assign(close=-1.0)
    frame.attrs = attrs
    access.keep_bars(KEY, frame)
    pd.testing.assert_frame_equal(asked(access, market, None, TODAY), once(market, None, TODAY))


@pytest.mark.parametrize(
    ("bars", "words"),
    [
        (pd.DataFrame({"close": [1.0]}), "no column timestamp"),
        (pd.DataFrame({"timestamp": pd.to_datetime(["2024-01-02"])}), "UTC"),
        (pd.DataFrame({"timestamp": pd.to_datetime(["2024-01-03", "2024-01-02"], utc=True)}), "old to new"),
        (pd.DataFrame({"timestamp": pd.to_datetime(["2024-01-02", "2024-01-02"], utc=True)}), "twice"),
    ],
)
def test_bars_of_another_form_are_refused_with_their_key(bars, words):
    with pytest.raises(DataError, match=words) as caught:
        incremental_bars(NoAccess(), KEY, None, None, lambda start, end: bars)
    assert "AAPL" in str(caught.value)


def test_an_interval_that_is_none_is_refused():
    with pytest.raises(DataError, match="interval is 'daily'"):
        asked(NoAccess(), Market(history()), None, None, interval="daily")
