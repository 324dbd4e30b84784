"""The relay dies in the middle of a run."""

import json
import re

import psutil
from playwright.sync_api import expect

N_LINES = 20_000


def test_a_relay_killed_in_the_middle_of_20_000_lines_comes_back_and_no_line_is_missing(
    start_chatty, dashboard, tmp_path
):
    leave = tmp_path / "leave"
    leave.write_text("9000")
    page = start_chatty(N_LINES, 2_000, may_say=str(leave))
    badge = page.get_by_test_id("completeness")
    expect(badge).to_have_text(re.compile(r"complete: [2-9],\d{3} of"))
    killed = dashboard.child("main relay")
    killed.kill()
    psutil.wait_procs([killed], timeout=60)
    leave.write_text("15000")
    assert dashboard.child("main relay").pid != killed.pid
    expect(badge).to_have_text(re.compile(r"complete: 1\d,\d{3} of"))

    leave.write_text(f"{N_LINES}")
    expect(page.get_by_text(f"{N_LINES} lines were said.")).to_be_visible()
    page.get_by_role("tab", name="Console").click()
    log = dashboard.home / "runs" / page.url.partition("run=")[2].partition("&")[0] / "events.jsonl"
    events = [json.loads(line) for line in log.read_text().splitlines()]
    expect(badge).to_have_text(f"complete: {len(events):,} of {len(events):,} events")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the whole log").click()
    said = [line.partition(" ")[2] for line in download.value.path().read_text().splitlines()]
    assert [line for line in said if line.startswith("line ")] == [f"line {at:06d}" for at in range(1, N_LINES + 1)]
    assert [line for line in said if "line " in line] == [
        event["payload"]["message"]
        for event in events
        if event["type"] == "log" and event["payload"]["message"].startswith("line ")
    ]
