"""Answers in AlphaVantage's exact structure, replayed; recorded/README.md says what they are."""

import importlib.util
import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

# Tests have no packages to import each other from.
_SPEC = importlib.util.spec_from_file_location(
    "alpha_vantage_server", Path(__file__).with_name("alpha_vantage_server.py")
)
server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(server)

RECORDED = Path(__file__).with_name("recorded") / "alpha_vantage"
REFUSED = {
    "error_message_unknown_symbol": "AlphaVantage knows no symbol 'QLPA', or has no such bars of it",
    "error_message_bad_key": "the key is refused. Correct what data_source_params.key refers to",
    "information_demo_key": "the key is refused. Correct what data_source_params.key refers to",
    "information_premium_endpoint": "TIME_SERIES_DAILY_ADJUSTED in this form is for premium keys",
    "information_calls_of_the_day_used_up": "your API key as *** and our standard API rate limit is 25 requests per day",
    "information_too_fast": "it asks for fewer calls (Thank you for using Alpha Vantage! Please consider spreading out",
    "note_too_fast": "it asks for fewer calls (Thank you for using Alpha Vantage! Our standard API call frequency is 5",
    "nothing": "an answer without bars and without a message",
    "down": "AlphaVantage gave no bars of QLPA: HTTP status 503; it was asked once",
}
DATES = {
    "daily_adjusted": (date(2024, 2, 27), date(2024, 3, 4)),
    "five_minutes": (date(2024, 3, 8), date(2024, 3, 11)),
}


class Recorded:
    """A service that knows one answer."""

    def __init__(self, name):
        whole = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
        self.query, self._answer = whole["request"]["query"], whole["response"]

    def answer(self, query):
        asked = {name: value for name, value in query.items() if name != "apikey"}
        assert asked == self.query
        return self._answer["status"], self._answer["body"]


@pytest.fixture
def replayed(monkeypatch):
    monkeypatch.setenv("ALPHA_VANTAGE_KEY", server.KEY)

    def replay(name, ask, **further):
        recorded = Recorded(name)
        with server.serving(recorded) as base_url:
            params = {"key": "env:ALPHA_VANTAGE_KEY", "base_url": base_url, "calls_per_minute": 6000, "retries": 0}
            return ask({**params, **further}, [recorded.query["symbol"]])

    return replay


def test_every_recording_is_replayed():
    assert sorted([*REFUSED, *DATES]) == sorted(path.stem for path in RECORDED.glob("*.json"))


@pytest.mark.parametrize(("name", "interval"), [("daily_adjusted", "1d"), ("five_minutes", "5m")])
def test_a_recorded_answer_gives_its_bars_dividends_and_splits(replayed, name, interval):
    dates = DATES[name]
    panel = replayed(name, lambda params, tickers: server.load(params, tickers, *dates, interval)).droplevel("ticker")
    expected = pd.read_csv(RECORDED / f"{name}.csv", dtype="str")
    times = pd.DatetimeIndex(pd.to_datetime(expected.pop("timestamp"), utc=True)).as_unit("us")
    expected = expected.astype("float64").set_index(times)
    pd.testing.assert_frame_equal(panel[list(expected)], expected, check_exact=True, check_names=False)


@pytest.mark.parametrize(("name", "told"), REFUSED.items())
def test_a_recorded_refusal_is_told_in_words_that_help_and_without_the_key(replayed, name, told):
    assert told in replayed(name, server.refusal)
