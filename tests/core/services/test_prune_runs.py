"""Rules let runs go, and nothing goes that a kept run comes from."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import RunIdError, UsageError
from core.base.identifiers import new_run_id
from core.base.time import utc_now
from core.services.lineage import runs_made_from, sources_among, sources_of
from core.services.prune_runs import PruneRules, plan_prune, prune
from core.services.runs import restore_run
from core.services.workbench import open_workbench
from core.store.run_folder import RunFolder
from core.store.run_session import open_run
from core.store.run_store import RunStore


@pytest.fixture
def workbench(tmp_path):
    return open_workbench(tmp_path / "home")


def ended_run(workbench, mode="train", *, fails=False, n_bytes=0, environment=None, **config):
    run = open_run(workbench.home, new_run_id(), {"mode": mode, **config}, environment or {})
    with suppress(ValueError), run:
        run.save_text("much.txt", "x" * n_bytes)
        if fails:
            raise ValueError("as planned")
    return run.run_id


def plan_of(workbench, later=timedelta(0), **rules):
    return plan_prune(workbench, PruneRules(**rules), utc_now() + later)


def going(workbench, later=timedelta(0), **rules):
    return {run.row.run_id for run in plan_of(workbench, later, **rules).going}


def test_all_rules_that_are_given_must_name_a_run(workbench):
    failed, large = ended_run(workbench, fails=True), ended_run(workbench, "backtest", n_bytes=50_000)
    newest = ended_run(workbench, "backtest")
    assert going(workbench, states=("failed",)) == {failed}
    assert going(workbench, states=("failed", "completed")) == {failed, large, newest}
    assert going(workbench, modes=("backtest",)) == {large, newest}
    assert going(workbench, modes=("backtest",), keep_last=1) == {large}
    assert going(workbench, modes=("backtest",), keep_last=1, states=("failed",)) == set()
    assert going(workbench, keep_last=2) == {failed}
    assert going(workbench, larger_than_bytes=40_000) == {large}
    assert going(workbench, older_than=timedelta(days=30)) == set()
    assert going(workbench, timedelta(days=31), older_than=timedelta(days=30)) == {failed, large, newest}
    assert plan_of(workbench, larger_than_bytes=40_000).size_bytes > 50_000


def test_a_plan_changes_nothing_and_what_goes_can_be_brought_back(workbench):
    run_id = ended_run(workbench)
    plan = plan_of(workbench, keep_last=0)
    assert RunFolder.open(workbench.home, run_id)
    prune(workbench, plan)
    with pytest.raises(RunIdError, match="lies in the trash"):
        RunFolder.open(workbench.home, run_id)
    prune(workbench, plan)  # again: it is gone already
    assert restore_run(workbench, run_id) == run_id


def test_a_run_that_has_not_ended_is_named_by_no_rule_and_keeps_what_it_uses(workbench):
    trained = ended_run(workbench)
    config = {"mode": "backtest", "backtest": {"predictions_run": trained}}
    with open_run(workbench.home, new_run_id(), config, {}, owns_process=False) as run:
        plan = plan_of(workbench, keep_last=0)
        assert plan.going == ()
        [stays] = plan.staying
        assert stays.row.run_id == trained
        assert stays.reason == f"run {run.run_id}, which is kept, comes from it (backtest.predictions_run)"


@pytest.mark.parametrize(
    ("config", "environment", "field"),
    [
        ({"backtest": {"predictions_run": "ID"}}, {}, "backtest.predictions_run"),
        ({"export": {"model_run": "ID"}}, {}, "export.model_run"),
        ({"backtest": {"model_file": "/somewhere/runs/ID/artifacts/model.qlop"}}, {}, "backtest.model_file"),
        ({"model": {"model_params": {"members": [{"run": "ID"}]}}}, {}, "model.model_params.members.run"),
        ({}, {"parent_run": "ID"}, "parent_run"),
        ({}, {"source_run": "ID"}, "source_run"),
        ({}, {"command": ["qlop", "runs", "rerun", "ID"]}, "command"),
    ],
)
def test_whatever_a_kept_run_comes_from_stays(workbench, config, environment, field):
    def naming(value, run_id):
        if isinstance(value, dict):
            return {name: naming(inner, run_id) for name, inner in value.items()}
        if isinstance(value, list):
            return [naming(inner, run_id) for inner in value]
        return value.replace("ID", run_id)

    first = ended_run(workbench)
    second = ended_run(workbench, **naming(config, first), environment=naming(environment, first))
    kept = ended_run(workbench, **naming(config, second), environment=naming(environment, second))
    plan = plan_of(workbench, keep_last=1)
    assert plan.going == ()
    reasons = {run.row.run_id: run.reason for run in plan.staying}
    assert reasons[second] == f"run {kept}, which is kept, comes from it ({field})"
    assert reasons[first] == f"run {second}, which is kept, comes from it ({field})"
    assert going(workbench, keep_last=0) == {first, second, kept}


@pytest.mark.parametrize("escaped", [r"\u002F{}", r"\f{}", r"\u0061{}"])
def test_a_run_that_is_named_in_an_escaped_text_is_found_as_well(workbench, escaped):
    used = ended_run(workbench)
    names_it = ended_run(workbench)
    text = escaped.format(used)
    if escaped.startswith(r"\u0061"):
        text = "".join(f"\\u{ord(sign):04x}" for sign in used)
    (workbench.home.run_path(names_it) / "config.json").write_text(f'{{"mode": "train", "title": "{text}"}}')
    folder = RunFolder.open(workbench.home, names_it)
    assert sources_of(folder) == sources_among(folder, {used}) == {used: "title"}
    assert sources_among(folder, {names_it}) == {}
    assert runs_made_from(workbench.home, used) == [names_it]


def test_runs_of_another_home_in_the_same_index_are_let_be(tmp_path, monkeypatch):
    monkeypatch.setenv("QLOP_STORE_URL", f"sqlite:///{tmp_path}/shared.sqlite")
    ours, theirs = (open_workbench(tmp_path / name) for name in ("ours", "theirs"))
    run_id, _ = ended_run(ours), ended_run(theirs)
    assert going(ours, keep_last=0) == {run_id}
    assert going(open_workbench(tmp_path / "none"), keep_last=0) == set()
    assert not (tmp_path / "none").exists()


def test_a_run_is_not_its_own_source(workbench):
    run_id = new_run_id()
    with open_run(workbench.home, run_id, {"mode": "x"}, {"command": ["--stream-to-ws", run_id]}) as run:
        pass
    assert sources_of(run.folder) == {}


def test_the_trash_is_emptied_but_for_what_kept_runs_come_from(workbench):
    unused, used, old = ended_run(workbench), ended_run(workbench), ended_run(workbench, "backtest")
    kept = ended_run(workbench, export={"model_run": used})
    with RunStore(workbench.home) as store:
        store.delete(unused)
        store.delete(used)
    plan = plan_of(workbench, modes=("backtest",), empties_trash=True)
    assert {run.row.run_id for run in plan.going} == {unused, old}
    assert [run.row.run_id for run in plan.staying] == [used]
    prune(workbench, plan)
    assert [path.name for path in workbench.home.trash_folder.iterdir()] == [used]
    assert [path.name for path in workbench.home.runs_folder.iterdir()] == [kept]
    with RunStore(workbench.home) as store:
        assert store.words()[0] == ["train"]
        with pytest.raises(RunIdError, match="is not deleted"):
            store.erase(kept)
    assert going(workbench, empties_trash=True) == set()


def test_without_a_rule_nothing_is_asked_for(workbench):
    with pytest.raises(UsageError, match="runs prune needs a rule, such as --older-than 30d"):
        plan_of(workbench)


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    """Ten runs, each made from some of those before it."""
    workbench = open_workbench(tmp_path_factory.mktemp("family") / "home")
    ids: list[str] = []
    for number in range(10):
        ids.append(ended_run(workbench, f"mode_{number}", mode_params={"uses": ids[number % 4 :: 3]}))
    return workbench, ids


@given(chosen=st.sets(st.integers(0, 9), min_size=1))
@settings(max_examples=60, deadline=None)
def test_whatever_is_chosen_no_run_that_stays_comes_from_one_that_goes(family, chosen):
    workbench, ids = family
    plan = plan_of(workbench, modes=tuple(f"mode_{number}" for number in chosen))
    gone = {run.row.run_id for run in plan.going}
    assert gone | {run.row.run_id for run in plan.staying} == {ids[number] for number in chosen}
    for run_id in set(ids) - gone:
        assert not gone & sources_of(RunFolder.open(workbench.home, run_id)).keys()
    for run in plan.staying:
        assert any(run.row.run_id in sources_of(RunFolder.open(workbench.home, kept)) for kept in set(ids) - gone)
