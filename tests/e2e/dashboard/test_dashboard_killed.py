"""The dashboard dies in the middle of a run: the run does not notice, and the browser finds its way back."""

import re
import time

import psutil
from playwright.sync_api import expect


def badge_of(page):
    return page.get_by_test_id("completeness")


def events_of(dashboard, page):
    return dashboard.home / "runs" / page.url.partition("run=")[2].partition("&")[0] / "events.jsonl"


def n_events_of(dashboard, page):
    return len(events_of(dashboard, page).read_text().splitlines())


def expect_whole_log(dashboard, page, n_lines):
    expect(page.get_by_text(f"{n_lines} lines were said.")).to_be_visible()
    page.get_by_role("tab", name="Console").click()
    n_events = n_events_of(dashboard, page)
    expect(badge_of(page)).to_have_text(f"complete: {n_events:,} of {n_events:,} events")


def test_after_the_dashboards_server_was_killed_the_open_page_goes_on_by_itself(start_chatty, dashboard, tmp_path):
    go = tmp_path / "go"
    page = start_chatty(2_000, 300, waits_for=str(go))
    expect(badge_of(page)).to_have_text(re.compile("complete: [2-9]"))
    killed = dashboard.child("dashboard_process")
    killed.kill()
    psutil.wait_procs([killed], timeout=60)
    assert dashboard.child("dashboard_process").pid != killed.pid
    expect(badge_of(page)).to_have_text(re.compile(r"complete: 2,\d{3} of"))
    go.touch()
    expect_whole_log(dashboard, page, 2_000)


def test_after_everything_was_killed_and_started_again_the_run_goes_on_and_the_console_is_whole(
    start_chatty, dashboard, visitor, tmp_path
):
    leave = tmp_path / "leave"
    leave.write_text("2500")
    page = start_chatty(3_000, 300, may_say=str(leave))
    expect(badge_of(page)).to_have_text(re.compile("complete: [2-9]"))
    dashboard.kill()
    n_events_then = n_events_of(dashboard, page)
    leave.write_text("2999")
    deadline = time.monotonic() + 60
    while n_events_of(dashboard, page) == n_events_then:
        assert time.monotonic() < deadline, "the run does not go on"
        time.sleep(0.02)
    dashboard.start()

    back = visitor(page.url)
    expect(badge_of(back)).to_have_text(re.compile("complete: [1-9]"))
    expect(back.get_by_role("button", name="Cancel this run")).to_be_visible()
    leave.write_text("3000")
    for watcher in (page, back):
        expect_whole_log(dashboard, watcher, 3_000)
