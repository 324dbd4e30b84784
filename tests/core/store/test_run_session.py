from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError, RunCancelled, RunError, StoreError
from core.base.events import TERMINAL_STATES, ArtifactPathPayload, LogPayload, RunState, StatusPayload
from core.base.identifiers import new_run_id
from core.store.artifacts import file_sha256
from core.store.home import Home
from core.store.process_mark import RUN_ID_VARIABLE
from core.store.run_folder import RunFolder
from core.store.run_lock import RunLock
from core.store.run_session import RunSession, open_run
from core.store.run_store import RunStore

CONFIG = {"mode": "train", "title": "A title", "seed": 7}


def _open(home: Home) -> RunSession:
    return open_run(home, new_run_id(), CONFIG, {"python": "3.11"})


def _statuses(folder: RunFolder) -> list[StatusPayload]:
    return [event.payload for event in folder.events().read() if isinstance(event.payload, StatusPayload)]


def test_a_run_that_ends_well_is_completed_in_files_and_index(home: Home) -> None:
    with _open(home) as run:
        assert RunStore(home).get(run.run_id).state is RunState.RUNNING
        run.status("Training fold 1 of 6.", next_step="calibrate")
        run.save_metrics({"sharpe": np.float64(1.5), "alpha": float("nan")})
        run.complete("Trained on 6 folds.")
    states = [status.state for status in _statuses(run.folder)]
    assert states == [RunState.RUNNING, RunState.RUNNING, RunState.COMPLETED]
    assert _statuses(run.folder)[-1].current_status == "Trained on 6 folds."
    assert (run.folder.path / "metrics.json").read_text() == '{\n  "alpha": null,\n  "sharpe": 1.5\n}\n'
    with RunStore(home) as store:
        record = store.find()[0]
    assert (record.state, record.mode, record.title) == (RunState.COMPLETED, "train", "A title")
    assert record.metrics == {"sharpe": 1.5, "alpha": None}
    assert record.created_at <= record.finished_at
    RunLock.take(run.folder.lock_path, timeout_s=0).release()


@pytest.mark.parametrize(
    ("error", "state", "told"),
    [
        (DataError("AAPL has no bars."), RunState.FAILED, "AAPL has no bars."),
        (ZeroDivisionError("by zero"), RunState.FAILED, "ZeroDivisionError: by zero"),
        (RunCancelled("received SIGTERM."), RunState.CANCELLED, "Cancelled: received SIGTERM."),
        (KeyboardInterrupt(), RunState.CANCELLED, "Cancelled: interrupted from the keyboard."),
        (SystemExit(3), RunState.FAILED, "SystemExit: 3"),
        (DataError("half a pair \udc80"), RunState.FAILED, "half a pair \\udc80"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_an_error_ends_the_run_in_one_status_and_goes_on(
    home: Home, error: BaseException, state: RunState, told: str
) -> None:
    run = _open(home)
    with pytest.raises(type(error)), run:
        raise error
    last = _statuses(run.folder)[-1]
    assert last.state is state
    assert told in (last.error or "") + last.current_status
    assert sum(status.state in TERMINAL_STATES for status in _statuses(run.folder)) == 1
    assert RunStore(home).get(run.run_id).state is state


def test_an_unexpected_error_leaves_its_traceback_in_the_log(home: Home) -> None:
    run = _open(home)
    with pytest.raises(ZeroDivisionError), run:
        _ = 1 / 0
    logs = [event.payload for event in run.folder.events().read() if isinstance(event.payload, LogPayload)]
    assert logs[-1].level == "error"
    assert "test_run_session.py" in logs[-1].message


def test_two_runs_of_one_id_are_refused_while_the_first_lives_and_after(home: Home) -> None:
    with _open(home) as run:
        with pytest.raises(RunError, match="Another process holds the lock"):
            RunLock.take(run.folder.lock_path, timeout_s=0)
        run.save_text("a.txt", "first")
    with pytest.raises(RunError, match="is used already"):
        open_run(home, run.run_id, CONFIG, {})
    assert (run.folder.artifacts / "a.txt").read_text() == "first"
    assert len(_statuses(run.folder)) == 2


def test_what_a_run_starts_bears_its_mark_and_only_while_it_lives(home: Home) -> None:
    assert RUN_ID_VARIABLE not in os.environ
    with _open(home) as run:
        seen = subprocess.run(["printenv", RUN_ID_VARIABLE], capture_output=True, text=True, check=True).stdout
        assert seen.strip() == run.run_id
    assert RUN_ID_VARIABLE not in os.environ
    with open_run(home, new_run_id(), CONFIG, {}, owns_process=False):
        assert RUN_ID_VARIABLE not in os.environ


def test_what_is_learnt_later_is_added_to_the_environment(home: Home) -> None:
    with _open(home) as run:
        run.update_environment(data_fingerprint="abc")
    assert run.folder.environment() == {"python": "3.11", "data_fingerprint": "abc"}


def test_artifacts_are_announced_with_size_and_hash(home: Home) -> None:
    with _open(home) as run:
        run.save_table("equity", pd.DataFrame({"equity": [1.0, 2.0]}))
        run.save_json("report", {"a": 1})
        run.save_text("summary.txt", "é")
        model = run.new_folder("model")
        (model / "deep").mkdir()
        (model / "deep" / "m.ubj").write_bytes(b"x")
        (model / "model.json").write_text("{}")
        run.save_folder("model", model)
    announced = run.folder.announced()
    assert {name: found.path for name, found in announced.items()} == {
        "equity": "artifacts/equity.parquet",
        "report": "artifacts/report.json",
        "summary.txt": "artifacts/summary.txt",
        "model/deep/m.ubj": "artifacts/model/deep/m.ubj",
        "model/model.json": "artifacts/model/model.json",
    }
    for name, path in run.folder.artifact_paths():
        found = announced[name]
        assert isinstance(found, ArtifactPathPayload)
        assert (path.stat().st_size, file_sha256(path)) == (found.size_bytes, found.sha256)


def _panel() -> pd.DataFrame:
    index = pd.MultiIndex.from_product(
        [pd.date_range("2020-01-01", periods=3, tz="UTC"), ["AAPL", "IBM"]], names=["timestamp", "ticker"]
    )
    return pd.DataFrame({"close": [1.0, np.nan, 3.0, 4.0, 5.0, 6.0], "fold": range(6)}, index=index)


def test_a_table_comes_back_with_its_index(home: Home) -> None:
    with _open(home) as run:
        path = run.save_table("panel", _panel())
    pd.testing.assert_frame_equal(pd.read_parquet(path), _panel(), check_freq=False)


def test_equal_results_give_equal_bytes_whatever_notes_the_frame_bears(home: Home) -> None:
    written = []
    for note in ("first", "second"):
        table = _panel()
        table.attrs["made_at"] = note
        with _open(home) as run:
            paths = [run.save_table("panel", table), run.save_json("x", {"b": 1, "a": 2}), run.save_metrics({"s": 0.1})]
        written.append([path.read_bytes() for path in paths])
        assert table.attrs == {"made_at": note}
    assert written[0] == written[1]


def test_an_artifact_is_written_once(home: Home) -> None:
    with _open(home) as run:
        first = run.save_json("report", {"a": 1})
        with pytest.raises(StoreError, match=r"Artifact 'report' of run .* was written already"):
            run.save_json("report", {"a": 2})
        with pytest.raises(StoreError, match="was written already"):
            run.save_table("report", _panel())
        run.save_metrics({})
        with pytest.raises(StoreError, match="one set of key figures"):
            run.save_metrics({})
    assert first.read_text() == '{\n  "a": 1\n}\n'


def test_artifacts_with_bad_names_or_contents_are_refused_and_leave_nothing(home: Home, tmp_path: Path) -> None:
    with _open(home) as run:
        for name in ("../x", "", "a/b", ".x"):
            with pytest.raises(StoreError, match="is not allowed"):
                run.save_text(name, "x")
        with pytest.raises(StoreError, match="cannot be written as Parquet"):
            run.save_table("mixed", pd.DataFrame({"a": [1, "x", object()]}))
        with pytest.raises(StoreError, match="has no JSON form"):
            run.save_json("x", object())
        with pytest.raises(StoreError, match="is not the folder that new_folder"):
            run.save_folder("model", tmp_path)
        empty = run.new_folder("model")
        with pytest.raises(StoreError, match="is empty"):
            run.save_folder("model", empty)
        (empty / "link").symlink_to("/etc/passwd")
        with pytest.raises(StoreError, match="is a link or no plain file"):
            run.save_folder("model", empty)
        assert run.folder.announced() == {}
    assert list(run.folder.artifacts.iterdir()) == []


def test_an_index_that_cannot_be_used_does_not_stop_a_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    home = Home(tmp_path / ".qlop").create()
    (home.path / "runs.sqlite").write_bytes(b"no database at all" * 100)
    with _open(home) as run:
        run.save_metrics({"a": 1})
    assert _statuses(run.folder)[-1].state is RunState.COMPLETED
    assert f"The index of runs is behind on run {run.run_id}" in caplog.text


def test_a_home_that_cannot_be_used_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--home FOLDER or QLOP_HOME"):
        _open(Home(tmp_path / "file" / ".qlop"))
