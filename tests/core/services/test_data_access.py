"""What a run gives its data sources: progress by ticker, logs, and a cache that may fail without harm."""

import pandas as pd
import pytest

from core.base.errors import RunCancelled
from core.base.identifiers import new_run_id
from core.config.settings import CacheSettings
from core.contracts.data_access import NoAccess
from core.contracts.data_source import DataSourcePlugin
from core.services.data_access import RunDataAccess, bar_cache
from core.services.run_context import SessionContext
from core.services.workbench import open_workbench
from core.store.run_session import open_run

BARS = pd.DataFrame({"timestamp": pd.to_datetime(["2024-01-02"], utc=True).as_unit("us"), "close": [1.0]})
KEY = {"source": "sample", "ticker": "AAPL"}


@pytest.fixture
def seen():
    return []


@pytest.fixture
def stop_requests():
    return []


@pytest.fixture
def context(tmp_path, seen, stop_requests):
    def check():
        if stop_requests:
            raise RunCancelled("asked to stop")

    workbench = open_workbench(tmp_path / "home")
    with open_run(workbench.home, new_run_id(), {}, {}, owns_process=False) as session:
        yield SessionContext(
            session,
            workbench,
            workbench.registry(),
            seed=1,
            thread_count=1,
            check_cancelled=check,
            observer=seen.append,
        )


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("QLOP_CACHE_DIR", str(tmp_path / "cache"))
    return bar_cache(CacheSettings())


def test_a_run_gives_its_data_sources_access_to_itself(context, seen):
    source = context.plugin("data_sources", "sample", {})
    source.access.log("here")
    assert [event.payload.message for event in seen] == ["here"]


def test_a_ticker_that_is_loaded_is_a_progress_event_and_a_line_at_debug(context, cache, seen):
    RunDataAccess(context, cache).progress("AAPL", 1, 3)
    progress, line = (event.payload for event in seen)
    assert (progress.step_name, progress.value, progress.total, progress.unit) == ("load data", 1, 3, "tickers")
    assert (line.level, line.message, line.fields["ticker"]) == ("debug", "AAPL is loaded", "AAPL")


def test_what_a_source_tells_stands_in_the_log(context, cache, seen):
    RunDataAccess(context, cache).log("Waiting 2 s", level="warning")
    assert (seen[0].payload.level, seen[0].payload.message) == ("warning", "Waiting 2 s")


def test_bars_are_kept_in_the_cache_folder_for_whoever_comes_next(context, cache, tmp_path):
    RunDataAccess(context, cache).keep_bars(KEY, BARS)
    assert len(list((tmp_path / "cache" / "bars" / "objects").iterdir())) == 1
    read = RunDataAccess(context, bar_cache(CacheSettings())).read_bars(KEY)
    pd.testing.assert_frame_equal(read, BARS, check_exact=True)


def test_a_cache_that_cannot_be_written_is_told_once_and_the_run_goes_on(context, cache, seen, tmp_path):
    (tmp_path / "cache").write_text("a file stands where the folder would")
    access = RunDataAccess(context, cache)
    access.keep_bars(KEY, BARS)
    access.keep_bars(KEY, BARS)
    assert access.read_bars(KEY) is None
    (line,) = (event.payload for event in seen)
    assert line.level == "warning"
    assert "Bars are not kept for the next run" in line.message


def test_the_limit_of_the_settings_holds(context, cache):
    access = RunDataAccess(context, bar_cache(CacheSettings(bars_limit_gb=0.0)))
    access.keep_bars(KEY, BARS)
    assert access.read_bars(KEY) is None


def test_a_source_learns_that_the_run_was_asked_to_stop(context, cache, stop_requests):
    access = RunDataAccess(context, cache)
    access.check_cancelled()
    stop_requests.append(True)
    for tell in (access.check_cancelled, lambda: access.log("never"), lambda: access.progress("AAPL", 1, 1)):
        with pytest.raises(RunCancelled):
            tell()
    stop_requests.clear()


def test_outside_of_runs_nobody_hears_and_nothing_is_kept():
    access = DataSourcePlugin.access
    assert isinstance(access, NoAccess)
    access.progress("AAPL", 1, 1)
    access.log("nobody hears")
    access.check_cancelled()
    access.keep_bars(KEY, BARS)
    assert access.read_bars(KEY) is None
