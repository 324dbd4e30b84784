"""Runs that a config's paths lead into by links: kept as those that it names."""

from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from core.base.identifiers import new_run_id
from core.base.time import utc_now
from core.services.lineage import sources_of
from core.services.linked_paths import linked_paths
from core.services.prune_runs import PruneRules, plan_prune
from core.services.python_run import run
from core.services.workbench import open_workbench
from core.store.run_folder import RunFolder
from core.store.run_session import open_run


@pytest.fixture
def workbench(tmp_path):
    return open_workbench(tmp_path / "home")


@pytest.fixture
def exported(workbench):
    """A run of mode export that has written prices and a model."""
    session = open_run(workbench.home, new_run_id(), {"mode": "export"}, {})
    with suppress(ValueError), session:
        days = pd.bdate_range("2024-01-01", periods=30)
        prices = dict.fromkeys(("open", "high", "low", "close"), 100.0 + days.day_of_week)
        bars = pd.DataFrame({"timestamp": days, **prices, "volume": 1_000})
        session.save_text("ACME.csv", bars.to_csv(index=False))
    return RunFolder.open(workbench.home, session.run_id)


def of_path(path):
    return linked_paths({"data": {"data_source_params": {"path": str(path)}}})


def test_a_link_to_a_runs_file_leads_to_that_run_however_many_links_lie_between(tmp_path, exported):
    target = exported.artifacts / "ACME.csv"
    (tmp_path / "latest.csv").symlink_to(target)
    (tmp_path / "second").symlink_to(tmp_path)
    found = {"data.data_source_params.path": [str(target.resolve())]}
    assert of_path(tmp_path / "latest.csv") == of_path(tmp_path / "second" / "latest.csv") == found


def test_a_linked_folder_a_link_in_a_folder_and_a_pattern_lead_there_too(tmp_path, exported):
    (tmp_path / "linked").symlink_to(exported.artifacts)
    (tmp_path / "prices").mkdir()
    (tmp_path / "prices" / "ACME.csv").symlink_to(exported.artifacts / "ACME.csv")
    (tmp_path / "prices" / "OTHER.csv").write_text("")
    for path in ("linked", "linked/ACME.csv", "linked/*.csv", "prices", "prices/*.csv", "*/ACME.csv"):
        ((place,),) = of_path(tmp_path / path).values()
        assert exported.run_id in place


def test_paths_that_name_the_run_themselves_or_lead_into_none_are_not_told(tmp_path, exported):
    (tmp_path / "plain.csv").write_text("")
    (tmp_path / "link.csv").symlink_to(tmp_path / "plain.csv")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    written = [
        exported.artifacts / "ACME.csv",
        "link.csv",
        "plain.csv",
        "loop",
        "no/such",
        "nul\0",
        "[",
        "**x/*",
        "a" * 5_000,
    ]
    for path in written:
        assert of_path(tmp_path / path) == {}
    (tmp_path / "ACME.csv").symlink_to(exported.artifacts / "ACME.csv")
    assert linked_paths({"query": "/**/ACME.csv"}) == {}
    assert linked_paths({"title": "latest.csv", "seed": 7, "tickers": ["A/B"], "none": None}) == {}


def test_a_run_of_linked_prices_keeps_the_run_that_they_lie_in_even_when_the_link_has_moved(
    workbench, tmp_path, exported
):
    link = tmp_path / "latest.csv"
    link.symlink_to(exported.artifacts / "ACME.csv")
    data = {
        "data_source_type": "files",
        "data_source_params": {"path": str(link), "ticker": "ACME", "no_corporate_actions": True},
    }
    outcome = run({"mode": "inspect_data", "data": data}, home=workbench.home.path)
    made = RunFolder.open(workbench.home, outcome.run_id)
    assert made.config()["data"]["data_source_params"]["path"] == str(link)
    link.unlink()
    assert sources_of(made) == {exported.run_id: "linked_paths.data.data_source_params.path"}
    plan = plan_prune(workbench, PruneRules(modes=("export",)), utc_now())
    assert plan.going == ()
    (staying,) = plan.staying
    assert f"run {made.run_id}, which is kept, comes from it (linked_paths.data." in staying.reason


def test_a_run_without_links_into_runs_notes_none(workbench, tmp_path, exported):
    Path(tmp_path / "ACME.csv").write_bytes((exported.artifacts / "ACME.csv").read_bytes())
    data = {
        "data_source_type": "files",
        "data_source_params": {"path": str(tmp_path / "ACME.csv"), "no_corporate_actions": True},
    }
    outcome = run({"mode": "inspect_data", "data": data}, home=workbench.home.path)
    assert "linked_paths" not in RunFolder.open(workbench.home, outcome.run_id).environment()
