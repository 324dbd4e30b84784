"""A download that breaks off within a ticker: what has arrived is kept, and the next run asks for the rest alone."""

import importlib.util
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
import qlop

# Tests have no packages to import each other from.
_SPEC = importlib.util.spec_from_file_location("yahoo_server", Path(__file__).with_name("yahoo_server.py"))
server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(server)

FIRST = server.LATE_2023
LAST = date(2024, 1, 20)
MOMENTS = server.days(FIRST, 60)


class BreaksOff(server.Yahoo):
    """Answers some questions for bars and then no more, as a server that goes down does."""

    answers_left = 1_000

    def answer(self, path, asked):
        if "period1" in asked:
            self.answers_left -= 1
            if self.answers_left < 0:
                return 500, "down"
        return super().answer(path, asked)

    @property
    def first_dates(self):
        """The first date of each question for bars."""
        asked = (int(asked["period1"]) for _, asked in self.asked if "period1" in asked)
        return [datetime.fromtimestamp(moment, MOMENTS[0].tzinfo).date() for moment in asked]


@pytest.fixture
def yahoo():
    made = BreaksOff()
    made.instruments = {"ACME": server.instrument(MOMENTS, seed=2, splits={30: 4}, dividends={10: 1.2, 45: 0.4})}
    return made


@pytest.fixture
def source(yahoo, tmp_path):
    with server.fresh_library(tmp_path), server.serving(yahoo) as new_session:
        yield partial(server.source_of, new_session, retries=0)


def broken_off(yahoo, made, n_answers, start=FIRST, end=LAST, interval="1d"):
    """Load until the server goes down after some answers; it is there again afterwards."""
    yahoo.answers_left = n_answers
    with pytest.raises(qlop.DataError, match="What was loaded before is kept"):
        made.load_data(["ACME"], start, end, interval)
    yahoo.answers_left = 1_000
    yahoo.asked.clear()


@pytest.mark.parametrize("start", [FIRST, None])
@pytest.mark.parametrize("n_answers", [1, 6, 7])
def test_the_parts_that_arrived_are_not_asked_for_again_and_the_bars_are_those_of_one_download(
    yahoo, source, start, n_answers
):
    run, days = server.Run(), 11 if start else 6_000
    n_answers = n_answers if start else 5  # six requests from the year 1927 on
    broken_off(yahoo, source(run, chunk_days=days), n_answers, start)
    kept = [len(frame) for frame in run.frames.values()]
    resumed = source(run, chunk_days=days).load_data(["ACME"], start, LAST, "1d")
    asked_again = yahoo.first_dates
    whole = source().load_data(["ACME"], start, LAST, "1d")
    pd.testing.assert_frame_equal(resumed, whole, check_exact=True)
    if start:
        assert kept
        assert kept[0] >= 5 * n_answers
        # A week of overlap with what is kept, and nothing before it.
        assert asked_again[0] >= FIRST + timedelta(days=11 * n_answers - 9)


def test_a_download_that_breaks_off_again_and_again_ends(yahoo, source):
    run = server.Run()
    for _ in range(2):
        broken_off(yahoo, source(run, chunk_days=11), 3)
    found = source(run, chunk_days=11).load_data(["ACME"], FIRST, LAST, "1d")
    pd.testing.assert_frame_equal(found, source().load_data(["ACME"], FIRST, LAST, "1d"), check_exact=True)


def test_a_run_that_is_cancelled_between_parts_keeps_what_has_arrived(yahoo, source):
    class Cancelled(server.Run):
        n_looks = 0

        def check_cancelled(self):
            self.n_looks += 1
            if self.n_looks > 5:
                raise server.RunCancelled("asked to stop")

    run = Cancelled()
    with pytest.raises(server.RunCancelled):
        source(run, chunk_days=11).load_data(["ACME"], FIRST, LAST, "1d")
    (kept,) = run.frames.values()
    assert kept["timestamp"].iloc[-1].date() > FIRST + timedelta(days=40)


def test_earlier_dates_that_break_off_are_kept_from_new_to_old(yahoo, source):
    run = server.Run()
    source(run).load_data(["ACME"], date(2024, 1, 8), LAST, "1d")
    broken_off(yahoo, source(run, chunk_days=11), 4)
    (kept,) = run.frames.values()
    assert FIRST < kept["timestamp"].iloc[0].date() < date(2023, 12, 15)
    found = source(run, chunk_days=11).load_data(["ACME"], FIRST, LAST, "1d")
    assert max(yahoo.first_dates) < date(2023, 12, 15)
    pd.testing.assert_frame_equal(found, source().load_data(["ACME"], FIRST, LAST, "1d"), check_exact=True)


@pytest.mark.parametrize("event", [{"splits": {30: 4, 50: 2}}, {"splits": {30: 4}, "dividends": {10: 1.2, 47: 3.0}}])
@pytest.mark.parametrize("prices", ["splits", "raw"])
def test_a_split_or_dividend_after_the_first_parts_brings_everything_anew(yahoo, source, event, prices):
    run = server.Run()
    broken_off(yahoo, source(run, chunk_days=60, prices=prices), 1)
    # Yahoo adjusts the past for what has come since: the parts that are kept are of another history.
    yahoo.instruments["ACME"] = server.instrument(MOMENTS, seed=2, **event)
    found = source(run, chunk_days=60, prices=prices).load_data(["ACME"], FIRST, LAST, "1d")
    assert FIRST in yahoo.first_dates
    whole = source(prices=prices).load_data(["ACME"], FIRST, LAST, "1d")
    pd.testing.assert_frame_equal(found, whole, check_exact=True)


@pytest.mark.parametrize(
    ("zone", "opens_at_utc"), [("America/New_York", 15), ("Asia/Tokyo", 1), ("Pacific/Auckland", 21), ("UTC", 10)]
)
def test_hours_are_resumed_whatever_the_exchanges_days_are(yahoo, source, zone, opens_at_utc):
    opens = datetime(2024, 2, 5, opens_at_utc, tzinfo=UTC)
    moments = [opens + timedelta(days=day, hours=hour) for day in range(40) if day % 7 < 5 for hour in range(3)]
    yahoo.instruments["ACME"] = server.instrument(moments, zone=zone)
    start, end, run = date(2024, 2, 4), date(2024, 3, 20), server.Run()
    broken_off(yahoo, source(run, chunk_days=6), 5, start, end, "1h")
    found = source(run, chunk_days=6).load_data(["ACME"], start, end, "1h")
    assert yahoo.first_dates[0] > date(2024, 2, 20)
    pd.testing.assert_frame_equal(found, source().load_data(["ACME"], start, end, "1h"), check_exact=True)


def test_a_part_without_a_price_is_no_reason_to_refuse_the_ticker(yahoo, source):
    yahoo.instruments["ACME"] = server.instrument(MOMENTS, nulls=range(8, 30))
    run = server.Run()
    found = source(run, chunk_days=11).load_data(["ACME"], FIRST, LAST, "1d")
    assert sum("without any price" in line for _, line in run.lines) >= 3
    pd.testing.assert_frame_equal(found, source().load_data(["ACME"], FIRST, LAST, "1d"), check_exact=True)
    yahoo.instruments["ACME"] = server.instrument(MOMENTS, nulls=range(60))
    with pytest.raises(qlop.DataError, match="gives 58 bars from 2023-11-01 to 2024-01-19 and not one price in them"):
        source(chunk_days=11).load_data(["ACME"], FIRST, LAST, "1d")


def test_a_dividend_on_a_parts_last_day_without_a_price_is_told_once_prices_follow(yahoo, source):
    last_of_part = next(at for at, moment in enumerate(MOMENTS) if moment.date() == FIRST + timedelta(days=21))
    yahoo.instruments["ACME"] = server.instrument(MOMENTS, nulls=(last_of_part,), dividends={last_of_part: 0.5})
    run = server.Run()
    for _ in range(2):  # and the run after it does not take what is kept for the whole
        with pytest.raises(qlop.DataError, match=r"a dividend or split on 2023-11-22 and no\s+price there"):
            source(run, chunk_days=11).load_data(["ACME"], FIRST, LAST, "1d")
