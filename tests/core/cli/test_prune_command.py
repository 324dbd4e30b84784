"""`qlop runs prune`: shown first, done with --yes."""

import pytest

from core.base.identifiers import new_run_id
from core.store.home import Home
from core.store.run_session import open_run


@pytest.fixture
def run_ids(qlop):
    """Two completed runs, the second of which uses the first."""
    ids = [new_run_id(), new_run_id()]
    for run_id, config in zip(
        ids, ({"mode": "train"}, {"mode": "export", "export": {"model_run": ids[0]}}), strict=True
    ):
        with open_run(Home(qlop.home), run_id, config, {}):
            pass
    return ids


def test_what_would_go_is_shown_and_goes_with_yes(qlop, run_ids):
    shown = qlop.call("runs", "prune", "--mode", "export")
    assert shown.returncode == 0, shown.stderr
    assert run_ids[1] in shown.stdout
    assert shown.stdout.rstrip().endswith("would go to the trash. Do it with: --yes")
    assert len(qlop.run_folders()) == 2
    done = qlop.call("runs", "prune", "--mode", "export", "--yes")
    assert "has gone to the trash. Bring one back with: qlop runs restore RUN_ID." in done.stdout
    assert [path.name for path in qlop.run_folders()] == [run_ids[0]]
    told = qlop.json("runs", "prune", "--empty-trash", "--yes")
    assert [run["run_id"] for run in told["going"]] == [run_ids[1]]
    assert (told["for_good"], told["is_done"]) == (True, True)
    assert list((qlop.home / "trash").iterdir()) == []


def test_a_run_that_stays_is_named_with_the_reason(qlop, run_ids):
    shown = qlop.call("runs", "prune", "--mode", "train", "--older-than", "0h", "--larger-than", "0.1KB")
    reason = f"run {run_ids[1]}, which is kept, comes from it (export.model_run)."
    assert f"Run {run_ids[0]} stays: {reason}" in shown.stdout
    assert "0 runs of 0.0 MB would go to the trash." in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "runs prune needs a rule"),
        (["--older-than", "3x"], "--older-than is '3x'; it must be a number of hours, days or weeks: 12h, 30d, 8w."),
        (["--larger-than", "much"], "--larger-than is 'much'; it must be a size such as 800KB, 500MB or 2GB."),
        (["--keep-last", "1", "--yes", "--dry-run"], "takes --dry-run or --yes, not both"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(qlop, arguments, told):
    done = qlop.call("runs", "prune", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
