"""The run as its mode sees it."""

import numpy as np
import pytest

from core.base.errors import RunCancelled, RunError
from core.base.identifiers import new_run_id
from core.services.run_context import SessionContext
from core.services.workbench import open_workbench
from core.store.run_session import open_run


@pytest.fixture
def workbench(tmp_path):
    return open_workbench(tmp_path / "home")


def context_of(session, workbench, seen, check=lambda: None):
    return SessionContext(
        session,
        workbench,
        workbench.registry(),
        seed=1,
        thread_count=1,
        check_cancelled=check,
        observer=seen.append,
    )


def test_numbers_of_numpy_reach_the_log_as_numbers(workbench):
    seen = []
    with open_run(workbench.home, new_run_id(), {}, {}, owns_process=False) as session:
        context = context_of(session, workbench, seen)
        context.log("rows", n=np.int64(3), share=np.float64(0.5), is_whole=np.bool_(True), none=None)
        context.metric("loss", np.float64(0.25), step=np.int64(7), fold=np.int32(2))
        context.record(data_fingerprint="f", n=np.int64(4))
        environment = session.folder.environment()
    assert dict(seen[0].payload.fields) == {"n": 3, "share": 0.5, "is_whole": True, "none": None}
    assert (seen[1].payload.value, seen[1].payload.step, seen[1].payload.fold) == (0.25, 7, 2)
    assert environment["n"] == 4


def test_what_a_library_says_is_logged_with_stars_for_its_password(workbench):
    seen = []
    with open_run(workbench.home, new_run_id(), {}, {}, owns_process=False) as session:
        context_of(session, workbench, seen).log("retrying https://u:hush@h/x?token=hush", proxy="http://u:hush@p:1")
    assert seen[0].payload.message == "retrying https://u:***@h/x?token=***"
    assert dict(seen[0].payload.fields) == {"proxy": "http://u:***@p:1"}
    assert "hush" not in (session.folder.path / "events.jsonl").read_text()


def test_progress_bears_an_estimate_once_it_moves(workbench):
    seen = []
    with open_run(workbench.home, new_run_id(), {}, {}, owns_process=False) as session:
        context = context_of(session, workbench, seen)
        context.progress("train", 0, 4, "folds")
        context.progress("train", 1, 4, "folds")
    assert seen[0].payload.eta_s is None
    assert seen[1].payload.eta_s >= 0.0


def test_every_wish_of_a_cancelled_run_raises(workbench):
    def cancelled():
        raise RunCancelled("asked to stop")

    run_id = new_run_id()
    with pytest.raises(RunCancelled), open_run(workbench.home, run_id, {}, {}, owns_process=False) as session:
        context_of(session, workbench, [], cancelled).log("never")
    assert session.folder.events().state().value == "cancelled"


def test_only_a_completed_runs_artifacts_can_be_used(workbench):
    failed, completed = new_run_id(), new_run_id()
    with pytest.raises(RunError), open_run(workbench.home, failed, {}, {}, owns_process=False):
        raise RunError("no")
    with open_run(workbench.home, completed, {"mode": "train"}, {}, owns_process=False) as session:
        session.save_json("data", {})
        session.save_metrics({"brier": 0.25})
    with open_run(workbench.home, new_run_id(), {}, {}, owns_process=False) as session:
        context = context_of(session, workbench, [])
        assert (context.artifacts_of(completed) / "data.json").is_file()
        assert context.config_of(completed) == {"mode": "train"}
        assert context.metrics_of(completed) == {"brier": 0.25}
        with pytest.raises(RunError, match="has failed"):
            context.artifacts_of(failed)
        with pytest.raises(RunError, match="has failed"):
            context.metrics_of(failed)
        with pytest.raises(RunError, match="no run"):
            context.artifacts_of(new_run_id())


def test_a_text_that_is_too_long_is_cut_and_says_how_much_was_left_out(workbench):
    seen = []
    with open_run(workbench.home, new_run_id(), {}, {}, owns_process=False) as session:
        context = context_of(session, workbench, seen)
        context.log("x" * 65_536, name="é" * 65_536)
        context.log("x" * 1_000_000, name="é" * 65_537, count=3)
    whole, cut = (event.payload for event in seen)
    assert (len(whole.message), len(whole.fields["name"])) == (65_536, 65_536)
    assert cut.message == "x" * 65_536 + " [934,464 more characters left out]"
    assert cut.fields == {"name": "é" * 65_536 + " [1 more characters left out]", "count": 3}
