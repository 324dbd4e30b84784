"""A run dies, or completes, while somebody watches: the page says so, and nothing on it jumps or is there twice."""

import re

import psutil
from playwright.sync_api import expect

# Sampled at every frame: how many consoles and bars of tabs there are, and how high the console lies.
WATCH = """() => {
  const places = () => document.querySelectorAll('[class*="st-key-run-console-"]:not([class*="-download"])');
  window.most = { consoles: 0, tabs: 0 };
  const look = () => {
    most.consoles = Math.max(most.consoles, places().length);
    most.tabs = Math.max(most.tabs, document.querySelectorAll('[role="tablist"]').length);
    requestAnimationFrame(look);
  };
  look();
}"""


def kill_the_run_of(page):
    run_id = page.url.partition("run=")[2]
    for process in psutil.process_iter(["cmdline"]):
        if run_id in (process.info["cmdline"] or ()):
            process.kill()


def test_a_run_that_is_killed_keeps_its_console_with_all_lines_and_the_page_tells_why(start_chatty):
    page = start_chatty(100_000, 200)
    badge = page.get_by_test_id("completeness")
    expect(badge).to_have_text(re.compile("complete: [0-9,]{3,} of"))
    expect(page.get_by_role("tab", name="Config")).to_be_visible()
    page.evaluate(WATCH)
    kill_the_run_of(page)
    expect(page.get_by_text("Why it did not complete")).to_be_visible()
    console = page.get_by_role("region", name="Run console")
    expect(console.get_by_role("status").filter(has_text="crashed")).to_be_visible()
    expect(page.get_by_role("tab", name="Files")).to_be_visible()
    expect(badge).to_have_text(re.compile("complete: [0-9,]{3,} of"))
    expect(console).to_have_count(1)
    assert page.evaluate("most") == {"consoles": 1, "tabs": 1}


def test_a_run_that_completes_leaves_no_tabs_of_the_living_run_beside_the_new_ones(start_chatty, tmp_path):
    go = tmp_path / "go"
    page = start_chatty(400, 400, waits_for=str(go))
    expect(page.get_by_role("tab", name="Config")).to_be_visible()
    page.evaluate(WATCH)
    go.touch()
    expect(page.get_by_role("tab", name="Console")).to_be_visible()
    expect(page.get_by_role("tab", name="Config")).to_have_count(1)
    assert page.evaluate("most")["tabs"] == 1
    page.get_by_role("tab", name="Console").click()
    expect(page.get_by_test_id("completeness")).to_have_text(re.compile("complete: [0-9,]{3,} of"))
