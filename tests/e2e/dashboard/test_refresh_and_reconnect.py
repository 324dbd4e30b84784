"""The console of a run is the same after a refresh, in another browser, and before two people at once."""

import re

from playwright.sync_api import expect


def badge_of(page):
    return page.get_by_test_id("completeness")


def expect_whole_log(page, n_events, last_line):
    """The run has ended: its console waits in a tab, and has every line."""
    page.get_by_role("tab", name="Console").click()
    expect(badge_of(page)).to_have_text(f"complete: {n_events:,} of {n_events:,} events")
    expect(page.get_by_role("log").get_by_text(last_line)).to_be_visible()


def test_two_people_have_the_whole_log_whoever_refreshed_left_or_came_late(start_chatty, visitor, dashboard, tmp_path):
    go = tmp_path / "go"
    page = start_chatty(3_000, 300, waits_for=str(go))
    expect(badge_of(page)).to_have_text(re.compile("complete: [1-9]"))
    address = page.url

    page.reload()
    expect(badge_of(page)).to_have_text(re.compile("complete: [1-9]"))
    other = visitor(address)
    expect(badge_of(other)).to_have_text(re.compile("complete: [1-9]"))
    page.context.close()
    back = visitor(address)
    expect(badge_of(back)).to_have_text(re.compile("complete: [1-9]"))
    expect(back.get_by_role("button", name="Cancel this run")).to_be_visible()
    go.touch()

    log = dashboard.home / "runs" / address.partition("run=")[2] / "events.jsonl"
    for watcher in (other, back):
        expect(watcher.get_by_text("3000 lines were said.")).to_be_visible()
        expect_whole_log(watcher, len(log.read_text().splitlines()), "line 003000")
