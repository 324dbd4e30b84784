"""What AlphaVantage says instead of bars, how its calls are spread, and where its key is never found."""

import importlib.util
import logging
from pathlib import Path

import pytest
import qlop
from pydantic import ValidationError

from core.contracts.data_access import NoAccess
from plugins.data_sources._alpha_vantage_answers import Meaning, meaning_of
from plugins.data_sources._alpha_vantage_rate import TokenBucket
from plugins.data_sources.alpha_vantage import AlphaVantage

# Tests have no packages to import each other from.
_SPEC = importlib.util.spec_from_file_location(
    "alpha_vantage_server", Path(__file__).with_name("alpha_vantage_server.py")
)
server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(server)
service = server.service
params = server.params
Kept = server.Kept
load = server.load
refusal = server.refusal
everything_in = server.everything_in
KEY = server.KEY
UNKNOWN = server.UNKNOWN
BAD_KEY = server.BAD_KEY
PREMIUM = server.PREMIUM
BUSY = server.BUSY
OLD_BUSY = server.OLD_BUSY
SPENT = server.SPENT
DEMO = server.DEMO


@pytest.mark.parametrize(
    ("body", "meaning"),
    [
        (UNKNOWN, Meaning.UNKNOWN),
        (BAD_KEY, Meaning.BAD_KEY),
        (DEMO, Meaning.BAD_KEY),
        (PREMIUM, Meaning.PREMIUM),
        (BUSY, Meaning.BUSY),
        (OLD_BUSY, Meaning.BUSY),
        (SPENT, Meaning.SPENT),
        ({"Information": "Closed on Sundays."}, Meaning.OTHER),
        ({}, Meaning.OTHER),
        ([], Meaning.OTHER),
        ({"Time Series (Daily)": {}, **OLD_BUSY}, Meaning.BARS),
    ],
)
def test_each_answer_is_told_as_what_it_is(body, meaning):
    assert meaning_of(body)[0] is meaning


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (BAD_KEY, "the key is refused. Correct what data_source_params.key refers to"),
        (PREMIUM, "TIME_SERIES_DAILY_ADJUSTED in this form is for premium keys"),
        (SPENT, "the key's calls of the day are used up. Go on tomorrow"),
        ({"Information": "Closed on Sundays."}, "It said: Closed on Sundays."),
        ({}, "an answer without bars and without a message"),
        (f"<html>{KEY}</html>", "something else than JSON: '<html>***</html>'"),
    ],
)
def test_a_fault_that_does_not_pass_ends_it_at_the_first_call(params, service, body, part):
    service.says = [(200, body)]
    assert part in refusal(params)
    assert len(service.asked) == 1


@pytest.mark.parametrize("fault", [(200, BUSY), (200, OLD_BUSY), (503, "later"), (429, f"slow {KEY}"), (None, None)])
def test_a_fault_that_passes_is_borne_and_told(params, service, fault):
    access = Kept()
    service.says = [fault, fault]
    assert len(load({**params, "back_off_s": 0.001, "limit_wait_s": 0.001}, access=access)) == 400
    assert len(service.asked) == 3
    assert sum("(try 2 of 4)" in message for _, message in access.told) == 1
    assert KEY not in str(access.told)


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        ((200, BUSY), "Lower data_source_params.calls_per_minute"),
        ((503, "later"), "HTTP status 503"),
        ((None, None), "cannot be reached"),
    ],
)
def test_a_fault_that_stays_ends_it_with_the_next_step(params, service, fault, part):
    service.says = [fault] * 3
    message = refusal({**params, "retries": 2})
    assert "gave no bars of AAPL" in message
    assert "it was asked 3 times" in message
    assert part in message
    assert len(service.asked) == 3


def test_a_redirection_is_not_followed(params, service):
    service.says = [(302, "elsewhere")]
    assert "HTTP status 302" in refusal(params)


def test_a_service_that_is_not_there_is_told(params):
    assert "cannot be reached" in refusal({**params, "base_url": "http://127.0.0.1:1", "retries": 0})


def test_a_waiting_run_can_be_cancelled(params, service):
    class Cancelled(NoAccess):
        n_looks = 0

        def check_cancelled(self):
            self.n_looks += 1
            if self.n_looks > 1:
                raise qlop.RunCancelled("cancelled")

    service.says = [(200, BUSY)]
    with pytest.raises(qlop.RunCancelled):
        load({**params, "limit_wait_s": 3600}, access=Cancelled())


def test_calls_are_spread_over_the_minute():
    bucket = TokenBucket(60.0)
    assert [bucket.wait_s(now) for now in (100.0, 100.0, 100.0)] == [0.0, 1.0, 2.0]
    assert bucket.wait_s(103.5) == 0.0
    assert bucket.wait_s(1000.0) == 0.0
    assert bucket.wait_s(1000.0) == 1.0, "a long pause saves up one call and no more"


def test_a_wait_for_the_rate_is_told_and_can_be_cancelled(params, service):
    class CancelledWhileWaiting(Kept):
        def check_cancelled(self):
            if self.told:
                raise qlop.RunCancelled("cancelled")

    access = CancelledWhileWaiting()
    with pytest.raises(qlop.RunCancelled):
        load({**params, "calls_per_minute": 1}, ["AAPL", "IBM"], access=access)
    assert len(service.asked) == 1
    assert [level for level, message in access.told if "IBM: calls stay within the key's rate" in message] == ["info"]


@pytest.mark.parametrize(
    "base_url",
    [
        "http://www.alphavantage.co",
        "http://127.0.0.1.evil.example",
        "ftp://127.0.0.1",
        "https://",
        "https://ann:pw@example.org",
        "https://example.org/?a=b",
    ],
)
def test_the_key_is_sent_to_no_unsafe_place(base_url):
    with pytest.raises(ValidationError, match="base_url must"):
        AlphaVantage.Params.model_validate({"key": "env:A", "base_url": base_url})


def test_an_empty_key_is_told(params, monkeypatch):
    monkeypatch.setenv("ALPHA_VANTAGE_KEY", "  ")
    assert "refers to an empty text" in refusal(params)


@pytest.mark.parametrize("fault", [None, (200, SPENT), (500, f"{KEY} failed"), (200, f"{KEY}"), (None, None)])
def test_a_run_leaves_its_key_nowhere(params, service, fault, tmp_path, monkeypatch, caplog, capfd):
    monkeypatch.setenv("QLOP_CACHE_DIR", str(tmp_path / "cache"))
    caplog.set_level(logging.DEBUG)
    service.says = [fault] * 3 if fault else []
    config = {
        "mode": "inspect_data",
        "data": {
            "data_source_type": "alpha_vantage",
            "data_source_params": {**params, "retries": 1},
            "tickers": ["AAPL"],
        },
    }
    told = ""
    try:
        outcome = qlop.run(config, home=tmp_path / "home")
    except qlop.QlopError as error:
        told = everything_in(error)
        assert fault is not None
    else:
        assert outcome.metrics["n_rows"] == 400
        assert fault is None
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "events.jsonl" for path in files)
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
    assert KEY not in told
    assert KEY not in caplog.text
    assert KEY not in "".join(capfd.readouterr())
    assert any("env:ALPHA_VANTAGE_KEY" in path.read_text(errors="replace") for path in files), "the reference is kept"


def test_a_key_in_the_config_itself_is_refused(params, tmp_path):
    config = {
        "mode": "inspect_data",
        "data": {
            "data_source_type": "alpha_vantage",
            "data_source_params": {**params, "key": KEY},
            "tickers": ["AAPL"],
        },
    }
    with pytest.raises(qlop.ConfigError, match="env:NAME or file:PATH") as caught:
        qlop.run(config, home=tmp_path / "home")
    assert KEY not in everything_in(caught.value)
