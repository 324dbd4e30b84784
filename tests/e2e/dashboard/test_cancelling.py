"""A run is cancelled from its console."""

import re

import psutil
from playwright.sync_api import expect


def run_id_of(page):
    return page.url.partition("run=")[2]


def process_tree_of(run_id):
    for process in psutil.process_iter(["cmdline"]):
        if run_id in (process.info["cmdline"] or ()):
            return [process, *process.children(recursive=True)]
    return []


def is_alive(process):
    # Where nobody asks for an orphan's exit code, it stays as a zombie.
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_cancel_asks_once_ends_every_process_of_the_run_and_every_screen_says_so(start_chatty, rows_of):
    page = start_chatty(100_000, 200, n_companions=2)
    console = page.get_by_role("region", name="Run console")
    expect(page.get_by_test_id("completeness")).to_have_text(re.compile("complete: [0-9,]{3,} of"))
    processes = process_tree_of(run_id_of(page))
    assert len(processes) == 4  # itself, its guardian, and what it started

    cancel = console.get_by_role("button", name="Cancel this run")
    cancel.click()
    console.get_by_role("button", name="Keep the run running").click()
    assert all(map(is_alive, processes))
    cancel.click()
    console.get_by_role("button", name="Yes, cancel the run").click()

    expect(console.get_by_role("status").filter(has_text="cancelled")).to_be_visible()
    expect(console.get_by_text("The run and everything it started has ended.")).to_be_visible()
    expect(cancel).to_be_hidden()
    expect(page.get_by_role("paragraph").filter(has_text="cancelled")).to_be_visible()
    assert [process for process in processes if is_alive(process)] == []

    page.get_by_role("link", name="Runs").click()
    assert [row[:2] for row in rows_of(page, "Runs")[1:]] == [["chatty", "cancelled"]]
