"""The log of the console: long, searched, filtered, by keys, without the relay, and after its death."""

import re

import pytest
from playwright.sync_api import expect

expect.set_options(timeout=60_000)

MANY = 200_000


@pytest.fixture(autouse=True, scope="module")
def served(relay):
    """The relay lives, unless a test kills it."""
    relay.start()


@pytest.fixture(scope="module")
def long_run(places, long_log):
    """A run of very many lines."""
    return long_log(places[0], MANY)


@pytest.fixture(scope="module")
def middling_run(places, long_log):
    """A run just long enough to be joined at its end."""
    return long_log(places[0], 60_000)


@pytest.fixture
def spoken_run(written_run):
    """A run with a hundred lines, the tenth of which is a warning and the twentieth an error."""
    run = written_run()
    run.begin()
    for number in range(1, 101):
        level = {10: "warning", 20: "error"}.get(number, "info")
        run.say(f"line {number} ends", level, place="Zürich" if number == 30 else "elsewhere")
    return run


def test_an_early_line_of_a_long_log_is_found_after_joining_at_its_end(long_run, open_console):
    console = open_console(long_run)
    expect(console.line(f"line {MANY} ends")).to_be_visible()
    console.search.fill("line 3 ends")
    expect(console.line("line 3 ends")).to_be_visible()
    expect(console.result).to_have_text("1 match in the whole log")
    console.page.keyboard.press("Escape")
    expect(console.whole).to_have_text(f"complete: {MANY + 2:,} of {MANY + 2:,} events")
    console.page.keyboard.press("g")
    expect(console.line("line 1 ends")).to_be_visible()
    assert console.rows.count() < 60


def test_older_lines_that_come_in_above_move_nothing(middling_run, open_console):
    console = open_console(middling_run)
    expect(console.line("line 60000 ends")).to_be_visible()
    console.box.hover()
    console.page.mouse.wheel(0, -2000)
    follow = console.page.get_by_role("button", name="Follow the log's end")
    expect(follow).to_have_attribute("aria-pressed", "false")
    seen = console.rows.nth(15).inner_text()
    expect(console.whole).to_have_text("complete: 60,002 of 60,002 events")
    assert console.rows.nth(15).inner_text() == seen


def test_the_level_chooses_the_lines(spoken_run, open_console):
    console = open_console(spoken_run)
    console.page.get_by_label("Levels shown").select_option("warning")
    expect(console.rows).to_have_count(2)
    expect(console.rows.first).to_contain_text("line 10 ends")
    spoken_run.say("a late error", "error")
    spoken_run.say("late small talk")
    expect(console.rows).to_have_count(3)
    expect(console.result).to_have_text("3 matches in the whole log")


def test_a_search_looks_into_fields_and_takes_new_lines_in(spoken_run, open_console):
    console = open_console(spoken_run)
    console.search.fill("ZÜRICH")
    expect(console.rows).to_have_count(1)
    expect(console.page.locator("mark")).to_have_text("Zürich")
    spoken_run.say("and again", place="Zürich")
    expect(console.rows).to_have_count(2)


def test_keys_search_follow_and_go_to_the_ends(spoken_run, open_console):
    console = open_console(spoken_run)
    follow = console.page.get_by_role("button", name="Follow the log's end")
    expect(console.line("line 100 ends")).to_be_visible()
    console.box.focus()
    console.page.keyboard.press("g")
    expect(console.line(re.compile("line 1 ends"))).to_be_visible()
    expect(follow).to_have_attribute("aria-pressed", "false")
    console.page.keyboard.press("Shift+G")
    expect(console.line("line 100 ends")).to_be_visible()
    expect(follow).to_have_attribute("aria-pressed", "true")
    console.page.keyboard.press("f")
    expect(follow).to_have_attribute("aria-pressed", "false")
    console.page.keyboard.press("/")
    expect(console.search).to_be_focused()
    console.page.keyboard.type("line 42 ends")
    expect(console.rows).to_have_count(1)
    console.page.keyboard.press("Escape")
    expect(console.search).to_have_value("")


def test_scrolling_up_pauses_following_until_it_is_asked_for(spoken_run, open_console):
    console = open_console(spoken_run)
    expect(console.line("line 100 ends")).to_be_visible()
    console.box.hover()
    console.page.mouse.wheel(0, -400)
    follow = console.page.get_by_role("button", name="Follow the log's end")
    expect(follow).to_have_attribute("aria-pressed", "false")
    spoken_run.say("the newest")
    expect(console.whole).to_have_text("complete: 103 of 103 events")
    expect(console.line("the newest")).to_have_count(0)
    follow.click()
    expect(console.line("the newest")).to_be_visible()


def test_a_row_opens_its_whole_text_and_its_fields(written_run, open_console):
    run = written_run()
    run.say("Traceback\n  first\n  second", "error", ticker="IBM")
    console = open_console(run)
    console.line("Traceback").click()
    detail = console.page.locator(".detail")
    expect(detail.locator("pre")).to_have_text("Traceback\n  first\n  second", use_inner_text=True)
    expect(detail.locator("dd")).to_have_text("IBM")
    console.page.keyboard.press("Escape")
    expect(detail).to_be_hidden()


def test_the_whole_log_is_copied_and_downloaded(spoken_run, open_console):
    console = open_console(spoken_run, permissions=["clipboard-read", "clipboard-write"])
    expect(console.whole).to_have_text("complete: 102 of 102 events")
    console.page.get_by_role("button", name="Copy").click()
    expect(console.page.get_by_role("button", name="Copy")).to_have_text("Copied 102 lines")
    assert "info line 1 ends place=elsewhere\n" in console.page.evaluate("navigator.clipboard.readText()")
    with console.page.expect_download() as started:
        console.page.get_by_role("button", name="Download the whole log").click()
    text = started.value.path().read_text(encoding="utf-8")
    assert [line.split(" ", 1)[1] for line in text.splitlines()][-1] == "line 100 ends place=elsewhere"


def test_a_relay_that_dies_and_comes_back_leaves_exactly_the_log(spoken_run, open_console, relay):
    console = open_console(spoken_run, permissions=["clipboard-read", "clipboard-write"])
    expect(console.whole).to_have_text("complete: 102 of 102 events")
    relay.kill()
    try:
        for number in range(101, 2101):
            spoken_run.say(f"line {number} ends")
        expect(console.notice).to_have_text("The relay is away: looking at the file every second.")
        expect(console.line("line 2100 ends")).to_be_visible()
        console.search.fill("line 77 ends")
        expect(console.result).to_contain_text("lines here: the relay is away")
        console.page.keyboard.press("Escape")
    finally:
        relay.start()
    expect(console.notice).to_have_text("")
    for number in range(2101, 4101):
        spoken_run.say(f"line {number} ends")
    expect(console.whole).to_have_text("complete: 4,102 of 4,102 events")
    console.page.get_by_role("button", name="Copy").click()
    expect(console.page.get_by_role("button", name="Copy")).to_have_text("Copied 4,102 lines")
    copied = console.page.evaluate("navigator.clipboard.readText()")
    assert [int(number) for number in re.findall(r"line (\d+) ends", copied)] == list(range(1, 4101))


def test_without_a_relay_a_long_log_is_read_from_its_end_and_becomes_complete(middling_run, open_console, relay):
    relay.kill()
    try:
        console = open_console(middling_run)
        expect(console.line("line 60000 ends")).to_be_visible()
        expect(console.whole).to_have_text("complete: 60,002 of 60,002 events")
        gaps = [text for text in console.said_of_completeness() if re.fullmatch("gap: [0-9,]+ lines, fetching", text)]
        assert gaps
    finally:
        relay.start()
