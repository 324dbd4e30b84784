"""Answers in Yahoo's exact structure, replayed through the real library; recorded/README.md says what they are."""

import importlib.util
import json
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
import qlop

# Tests have no packages to import each other from.
_SPEC = importlib.util.spec_from_file_location("yahoo_server", Path(__file__).with_name("yahoo_server.py"))
server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(server)

RECORDED = Path(__file__).with_name("recorded") / "yahoo"
REFUSED = {
    "no_price_at_all": "Yahoo gives 4 bars from 2023-06-05 to 2023-06-08 and not one price in them",
    "no_bar_in_the_dates": "Yahoo has no 1m bar of QLPI from 2024-05-18 to 2024-05-19; it may be delisted",
    "unknown_ticker": "QLPNONE: Yahoo refuses it: No data found, symbol may be delisted. Look the symbol up",
    "not_listed_yet": "Yahoo has no 1d bar of QLPJ from 2024-01-01 to 2024-01-31; it may be delisted, or not listed yet",
    "minutes_too_far_back": "The requested range must be within the last 30 days. Look the symbol up",
    "too_many_minutes": "Only 8 days worth of 1m granularity data are allowed to be fetched per request. Look",
    "failed_inside": "QLPM: Yahoo answers 500; it was asked 2 times",
    "too_many_requests": "QLPN: Yahoo asks for patience (429, too many requests); it was asked 2 times",
    "invalid_crumb": "QLPO: Yahoo turns us away (401); it was asked 2 times",
    "down_for_everybody": "QLPP: Yahoo answers 503; it was asked 2 times",
}
TOLD = {
    "days_of_nulls": ("warning", "QLPB.L: 2 bars without any price are left out, the first of 2023-08-28"),
    "bars_of_five_minutes": ("warning", "QLPG: 1 bars without any price are left out, the first of 2024-03-11"),
}


class Recorded:
    """A server that gives one recorded answer to every question about its symbol."""

    def __init__(self, name):
        whole = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
        self.path, self.query = unquote(whole["request"]["path"]), whole["request"]["query"]
        self.status, self.body = whole["response"]["status"], whole["response"]["body"]

    def answer(self, path, _asked):
        if unquote(path) != self.path:
            return (200, "crumb") if path.endswith("getcrumb") else (404, "<html>no</html>")
        return self.status, self.body if isinstance(self.body, str) else json.dumps(self.body)

    @property
    def symbol(self):
        return self.path.rpartition("/")[2]

    def dates(self):
        """The first and the last date that the recorded question asks for."""
        ends = int(self.query["period1"]), int(self.query["period2"]) - 1
        return [datetime.fromtimestamp(moment, UTC).date() for moment in ends]


@pytest.fixture
def replayed(tmp_path):
    with server.fresh_library(tmp_path):
        yield replay


def replay(recorded, run=None, dates=None):
    with server.serving(recorded) as new_session:
        source = partial(server.source_of, new_session, run, retries=1)()
        return source.load_data([recorded.symbol], *(dates or recorded.dates()), recorded.query["interval"])


def expected_bars(name):
    bars = pd.read_csv(RECORDED / f"{name}.csv", dtype="str")
    times = pd.DatetimeIndex(pd.to_datetime(bars.pop("timestamp"), utc=True)).as_unit("us")
    return bars.astype("float64").set_index(times)


def without_ticker(panel):
    columns = ["open", "high", "low", "close", "volume", "dividend", "split", "adjusted_close"]
    return panel.droplevel("ticker")[[*columns[:7], *(set(panel.columns) - set(columns[:7]))]]


NAMES_OF_BARS = sorted(path.stem for path in RECORDED.glob("*.csv"))
NAMES = sorted(path.stem for path in RECORDED.glob("*.json"))


def test_every_recording_is_replayed():
    assert len(NAMES) >= 17
    assert sorted([*NAMES_OF_BARS, *REFUSED]) == NAMES


@pytest.mark.parametrize("name", [name for name in NAMES_OF_BARS if name != "session_that_goes_on"])
def test_a_recorded_answer_gives_its_bars_dividends_and_splits_to_the_last_digit(replayed, name):
    run, recorded = server.Run(), Recorded(name)
    panel = replayed(recorded, run)
    assert set(panel.index.get_level_values("ticker")) == {recorded.symbol}
    pd.testing.assert_frame_equal(without_ticker(panel), expected_bars(name), check_exact=True, check_names=False)
    assert run.lines == ([TOLD[name]] if name in TOLD else [])


@pytest.mark.parametrize(("name", "told"), REFUSED.items())
def test_a_recorded_refusal_is_told_in_words_that_help(replayed, name, told):
    with pytest.raises(qlop.DataError) as caught:
        replayed(Recorded(name))
    assert told in str(caught.value)
    assert "crumb" not in str(caught.value).lower()


def test_a_bar_of_a_session_that_goes_on_is_left_out(replayed):
    recorded, run = Recorded("session_that_goes_on"), server.Run()
    (result,) = recorded.body["chart"]["result"]
    # An exchange where it is noon now: its session began at midnight, and its last trade was five minutes later.
    now = int(time.time())
    ahead = 12 - now // 3_600 % 24
    result["meta"]["exchangeTimezoneName"] = f"Etc/GMT{-ahead:+d}"
    begun = now - (now + 3_600 * ahead) % 86_400
    shift = begun - result["meta"]["currentTradingPeriod"]["regular"]["start"]
    result["timestamp"] = [moment + shift for moment in result["timestamp"]]
    for period in result["meta"]["currentTradingPeriod"].values():
        period["start"], period["end"] = period["start"] + shift, period["end"] + shift
    result["meta"]["regularMarketTime"] += shift
    panel = replayed(recorded, run, (None, None))
    expected = expected_bars("session_that_goes_on")
    days = panel.index.get_level_values("timestamp")
    assert days[-1].date() == datetime.fromtimestamp(now + 3_600 * ahead - 86_400, UTC).date()
    pd.testing.assert_frame_equal(without_ticker(panel).reset_index(drop=True), expected.reset_index(drop=True))
    assert [level for level, _ in run.lines] == ["info"]
    assert "has not ended and is left out" in run.lines[0][1]
