"""Many tickers by few questions: the same bars as one fetch of all, and what is asked for them."""

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.contracts.data_access import NoAccess
from core.engine.incremental_tickers import incremental_tickers

FIRST = date(2022, 1, 1)
TODAY = FIRST + timedelta(days=700)
DAYS = st.one_of(st.none(), st.integers(0, 710).map(lambda n: FIRST + timedelta(days=n)))


class Kept(NoAccess):
    """Keeps bars in memory."""

    def __init__(self):
        self.frames = {}

    def read_bars(self, key):
        return self.frames.get(key["ticker"])

    def keep_bars(self, key, frame):
        kept = frame.copy()
        kept.attrs = json.loads(json.dumps(frame.attrs))
        self.frames[key["ticker"]] = kept


class Market:
    """A source of several tickers, and a note of what it was asked for."""

    def __init__(self, **lives):
        self.bars = {ticker: history(*life, seed) for seed, (ticker, life) in enumerate(lives.items())}
        self.asked = []
        self.breaks_after = None

    def fetch(self, tickers, start, end):
        if self.breaks_after is not None and len(self.asked) == self.breaks_after:
            raise ConnectionError("the line is cut")
        self.asked.append((tuple(tickers), start, end))
        found = {ticker: between(self.bars[ticker], start, end) for ticker in tickers if ticker in self.bars}
        return {ticker: bars for ticker, bars in found.items() if len(bars)}


def history(first_day, last_day, seed):
    random = np.random.default_rng(seed)
    days = [day for day in range(first_day, last_day + 1) if random.random() < 0.7]
    times = pd.DatetimeIndex([pd.Timestamp(FIRST, tz="UTC") + timedelta(days=day) for day in days]).as_unit("us")
    return pd.DataFrame({"timestamp": times, "close": 100 + random.normal(size=len(days)).cumsum()})


def between(bars, start, end):
    days = bars["timestamp"].dt.date
    return bars[(days >= (start or date.min)) & (days <= (end or date.max))].reset_index(drop=True)


def load(access, market, tickers, start=None, end=None, **options):
    keys = {ticker: {"source": "market", "ticker": ticker} for ticker in tickers}
    return dict(incremental_tickers(access, keys, start, end, market.fetch, **{"today": TODAY, **options}))


@settings(deadline=None, max_examples=60)
@given(
    requests=st.lists(st.tuples(st.sets(st.sampled_from("ABCD"), min_size=1), DAYS, DAYS), min_size=1, max_size=4),
    at_once=st.integers(1, 4),
    overlap_bars=st.integers(1, 7),
)
def test_any_requests_give_the_same_bars_as_one_fetch(requests, at_once, overlap_bars):
    market, access = Market(A=(0, 700), B=(0, 200), C=(400, 700), D=(690, 700)), Kept()
    for tickers, start, end in requests:
        found = load(access, market, sorted(tickers), start, end, at_once=at_once, overlap_bars=overlap_bars)
        assert list(found) == sorted(tickers)
        for ticker, bars in found.items():
            expected = between(market.bars[ticker], start, end)
            assert bars["timestamp"].tolist() == expected["timestamp"].tolist()
            assert len(bars) == 0 or bars["close"].tolist() == expected["close"].tolist()


def test_one_question_brings_some_tickers_whole():
    market = Market(A=(0, 700), B=(0, 700), C=(0, 700))
    load(Kept(), market, ["A", "B", "C"], FIRST, TODAY, at_once=2)
    assert market.asked == [(("A", "B"), FIRST, TODAY), (("C",), FIRST, TODAY)]


def test_an_update_of_many_tickers_is_one_question_and_of_one_delisted_long_ago_another():
    market, access = Market(A=(0, 700), B=(0, 700), C=(0, 700), OLD=(0, 100)), Kept()
    tickers = ["A", "B", "C", "OLD"]
    load(access, market, tickers, FIRST, FIRST + timedelta(days=600))
    market.asked.clear()
    load(access, market, tickers, FIRST, TODAY)
    assert [sorted(asked) for asked, _, _ in market.asked] == [["OLD"], ["A", "B", "C"]]
    first_of_many = market.asked[1][1]
    assert FIRST + timedelta(days=580) < first_of_many <= FIRST + timedelta(days=600)


def test_what_is_kept_is_not_asked_for():
    market, access = Market(A=(0, 700), B=(0, 700)), Kept()
    end = FIRST + timedelta(days=600)
    load(access, market, ["A", "B"], FIRST, end)
    market.asked.clear()
    load(access, market, ["A", "B"], FIRST, end)
    assert market.asked == []
    load(access, market, ["A", "B"], FIRST, end, refresh=True)
    assert market.asked == [(("A", "B"), FIRST, end)]


def test_a_ticker_whose_history_was_rewritten_is_asked_for_anew_and_no_other():
    market, access = Market(A=(0, 700), B=(0, 700)), Kept()
    load(access, market, ["A", "B"], FIRST, FIRST + timedelta(days=600))
    market.bars["B"]["close"] /= 2.0
    market.asked.clear()
    found = load(access, market, ["A", "B"], FIRST, TODAY)
    assert [asked for asked, _, _ in market.asked] == [("A", "B"), ("B",)]
    assert market.asked[1][1:] == (FIRST, TODAY)
    assert found["B"]["close"].tolist() == market.bars["B"]["close"].tolist()


def test_an_interrupted_download_goes_on_with_the_tickers_that_lack():
    market, access = Market(A=(0, 700), B=(0, 700), C=(0, 700)), Kept()
    market.breaks_after = 2
    with pytest.raises(ConnectionError):
        load(access, market, ["A", "B", "C"], FIRST, TODAY, at_once=1)
    market.breaks_after = None
    market.asked.clear()
    # Today's bar is not final and is asked for again, with the overlap; C alone comes whole.
    load(access, market, ["A", "B", "C"], FIRST, TODAY - timedelta(days=10), at_once=1)
    assert market.asked == [(("C",), FIRST, TODAY - timedelta(days=10))]


def test_a_ticker_without_bars_has_no_rows_and_is_asked_for_again():
    market, access = Market(A=(0, 700)), Kept()
    found = load(access, market, ["A", "NONE"], FIRST, TODAY)
    assert len(found["NONE"]) == 0
    assert list(access.frames) == ["A"]


def test_todays_bar_is_never_kept():
    market, access = Market(A=(0, 700)), Kept()
    load(access, market, ["A"])
    assert access.frames["A"]["timestamp"].iloc[-1].date() < TODAY
