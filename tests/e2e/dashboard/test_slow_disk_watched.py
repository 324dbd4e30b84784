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
LONG_DELAY_S = 0.15
NOTE_WAITING = """() => {
  window.waitedFor = new Set();
  const note = () => document.querySelectorAll('[data-testid="stSpinner"]').forEach(
    (spinner) => window.waitedFor.add(spinner.textContent.replace(/\\(.*/, "").trim()));
  new MutationObserver(note).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""


NOTE_PLACES = """() => {
  window.placesOfWords = [];
  const note = () => {
    const words = [...document.querySelectorAll('[data-testid="stSpinner"]')].find(
      (spinner) => spinner.textContent.startsWith("Waiting for the home folder"));
    if (words) {
      const place = words.getBoundingClientRect();
      const middle = document.elementFromPoint(place.x + place.width / 2, place.y + place.height / 2);
      window.placesOfWords.push({
        isInside: place.left >= 0 && place.top >= 0 && place.right <= innerWidth && place.bottom <= innerHeight,
        isOnTop: words.contains(middle)});
    }
    requestAnimationFrame(note);
  };
  note();
}"""
TRAINED = {
    "mode": "train",
    "data": {"data_source_type": "sample", "tickers": ["IBM"], "start_date": "2006-01-03", "end_date": "2008-12-31"},
    "features": [{"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5]}}],
    "label": {"labeler_type": "direction"},
    "model": {"model_type": "linear"},
    "splits": {"train_bars": 300, "test_bars": 200},
}


@pytest.fixture
def start_slow(start_dashboard, tmp_path):
    """Starts a dashboard to which its home is slow, by so many seconds a call."""

    def start(delay_s: float):
        folders = (REPOSITORY / "tests" / "reliability" / "slow_disk", REPOSITORY)
        environment = {
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "SLOW_FOLDER": str(tmp_path / "home"),
            "SLOW_S": str(delay_s),
            "SLOW_COUNTS": str(tmp_path / "counts"),
        }
        return start_dashboard(environment=environment)

    return start


@pytest.fixture
def slow(start_slow):
    """A dashboard to which its home is slow."""
    return start_slow(DELAY_S)


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


def test_what_a_long_screen_waits_for_is_said_where_it_is_seen_without_scrolling(
    dashboard_over, start_slow, tmp_path, visitor
):
    run_id = dashboard_over(tmp_path).run(TRAINED)
    slow = start_slow(LONG_DELAY_S)
    page = visitor(f"{slow.url}/models?model={run_id}&tab=Export", width=390, height=844)
    expect(page.get_by_role("button", name="Export", exact=True)).to_be_enabled()
    expect(page.get_by_text("This model was not exported yet.")).to_be_visible()
    page.evaluate(NOTE_PLACES)
    page.get_by_role("radio", name="joblib").check(force=True)
    page.wait_for_function("window.placesOfWords.length > 2")
    expect(page.get_by_text("Waiting for the home folder")).to_have_count(0)
    places = page.evaluate("window.placesOfWords")
    assert all(place["isInside"] and place["isOnTop"] for place in places), places
