"""A new user starts the dashboard with the demo."""

import re
import time

import pytest
from playwright.sync_api import expect

PATIENCE_S = 60


@pytest.fixture
def demo(start_dashboard):
    """A dashboard whose demo has just begun to train; it stands still, so that a slow browser misses nothing."""
    dashboard = start_dashboard("--demo")
    run = dashboard.child("--stream-to-ws")
    deadline = time.monotonic() + PATIENCE_S
    while not any('"train folds"' in log.read_text() for log in dashboard.home.glob("runs/*/events.jsonl")):
        assert time.monotonic() < deadline, "the demo does not begin to train"
        time.sleep(0.01)
    run.suspend()
    return dashboard, run


def test_the_first_screen_shows_the_demo_live_and_ends_with_its_tear_sheet_and_verdict(demo, visitor):
    dashboard, run = demo
    page = visitor(dashboard.url)
    expect(page.get_by_role("heading", name="Running now")).to_be_visible()
    expect(page.get_by_text("Leverage opportunity, pooled stocks at 2x")).to_be_visible()
    expect(page.get_by_text(re.compile(r"train folds: \d+ of \d+ fits"))).to_be_visible()
    page.get_by_role("button", name="Watch").click()

    console = page.get_by_role("region", name="Run console")
    expect(console.get_by_role("status").filter(has_text="running")).to_be_visible()
    progress = console.get_by_role("progressbar", name="train folds")
    expect(progress).to_be_visible()
    shown = progress.get_attribute("value")
    run.resume()
    expect(progress).not_to_have_attribute("value", shown)

    expect(page.get_by_role("paragraph").filter(has_text="completed")).to_be_visible()
    for axis in ("Equity (account currency)", "Drawdown (%)", "Leverage (x)"):
        expect(page.get_by_text(axis)).to_be_visible()
    for heading in ("How sure is it?", "Monthly returns (%)", "Distribution of returns"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()

    expect(page.get_by_role("tab", name="Summary")).to_have_count(1)
    page.get_by_role("tab", name="Summary").click()
    expect(page.get_by_text("Verdict")).to_be_visible()
    expect(page.get_by_text("EVIDENCE")).to_be_visible()
