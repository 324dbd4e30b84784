"""A home on a slow disk, SQLite's file with it: the dashboard says what it waits for, and nothing is doubled or missing."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

REPOSITORY = Path(__file__).parents[3]
DELAY_S = 0.04
NOTE_WAITING = """() => {
  window.waitedFor = new Set();
  const note = () => document.querySelectorAll('[data-testid="stSpinner"]').forEach(
    (spinner) => window.waitedFor.add(spinner.textContent.replace(/\\(.*/, "").trim()));
  new MutationObserver(note).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""


@pytest.fixture
def slow(start_dashboard, tmp_path):
    """A dashboard to which its home is slow."""
    folders = (REPOSITORY / "tests" / "reliability" / "slow_disk", REPOSITORY)
    environment = {
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "SLOW_FOLDER": str(tmp_path / "home"),
        "SLOW_S": str(DELAY_S),
        "SLOW_COUNTS": str(tmp_path / "counts"),
    }
    return start_dashboard(environment=environment)


@pytest.fixture
def other_run(slow, tmp_path):
    """A run of somebody else's, at work in the same home."""
    config = tmp_path / "other.json"
    config.write_text(json.dumps({"mode": "chatty", "title": "Other", "mode_params": {"n_lines": 200}}))
    command = [*slow.qlop, "run", "chatty", "--config", str(config), "--no-queue"]
    with (tmp_path / "other.txt").open("w") as told:
        process = subprocess.Popen(command, cwd=tmp_path, env=slow.environment, stdout=told, stderr=told)
    yield process
    process.kill()
    process.wait()


def test_over_a_slow_disk_each_wait_is_told_and_six_presses_start_one_run_that_is_seen_to_its_end(
    slow, visitor, other_run, rows_of
):
    page = visitor(f"{slow.url}/chatty")
    start = page.get_by_role("button", name="Start chatty")
    expect(start).to_be_enabled()
    page.evaluate(NOTE_WAITING)
    place = start.bounding_box()
    for _ in range(6):
        page.mouse.click(place["x"] + 10, place["y"] + 10)
    expect(page.get_by_role("region", name="Run console")).to_be_visible()
    expect(page).to_have_title("chatty · completed · QLOP")
    assert other_run.wait(60) == 0
    page.get_by_role("navigation").get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_text("2 runs.")).to_be_visible()
    assert sorted(row[:2] for row in rows_of(page, "Runs")[1:]) == [["Other", "completed"], ["chatty", "completed"]]
    assert set(page.evaluate("[...window.waitedFor]")) >= {"Starting", "Waiting for the home folder"}
    told = slow.output.read_text() + (slow.folder / "other.txt").read_text()
    assert not re.search(r"locked|index of runs|Traceback", told), told
