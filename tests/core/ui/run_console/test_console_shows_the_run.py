"""The console of a run that the relay serves."""

import json
import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core.base.events import RunState
from core.base.time import utc_now

expect.set_options(timeout=60_000)


@pytest.fixture(autouse=True, scope="module")
def served(relay):
    """The relay lives throughout."""
    relay.start()


def test_a_run_is_followed_from_waiting_to_its_end(written_run, open_console):
    run = written_run()
    console = open_console(run)
    expect(console.badge).to_contain_text("queued")
    run.begin()
    expect(console.badge).to_contain_text("running")
    run.say("the first words", rows=3)
    expect(console.line("the first words")).to_contain_text("rows=3")
    run.end()
    expect(console.badge).to_contain_text("completed")
    expect(console.page.get_by_role("button", name="Cancel this run")).to_be_hidden()


def test_the_page_runs_anew_once_when_the_run_ends_while_it_is_watched(written_run, open_console):
    run = written_run()
    run.begin()
    console = open_console(run)
    expect(console.badge).to_contain_text("running")
    expect(console.page.get_by_text("The page ran 1 times.")).to_be_visible()
    run.end()
    expect(console.page.get_by_text("The page ran 2 times.")).to_be_visible()
    again = open_console(run)
    expect(again.badge).to_contain_text("completed")
    expect(again.whole).to_have_text("complete: 3 of 3 events")
    expect(again.page.get_by_text("The page ran 1 times.")).to_be_visible()
    expect(console.page.get_by_text("The page ran 2 times.")).to_be_visible()


def test_steps_curves_and_files_appear_as_they_come(written_run, open_console):
    run = written_run()
    run.begin()
    run.progress("load data", 1, 1)
    run.progress("train folds", 2, 8, "folds")
    for step in range(5):
        run.metric("training_logloss", 0.7 - step / 100, step=step, fold=0)
        run.metric("validation_logloss", 0.8 - step / 100, step=step, fold=0)
    run.file("model.ubj", 2048)
    console = open_console(run)
    expect(console.page.locator(".phase.done")).to_contain_text("load data")
    expect(console.page.locator(".phase.current")).to_contain_text("2 of 8 folds")
    expect(console.page.get_by_role("img", name=re.compile("logloss: 0.7600"))).to_be_visible()
    console.page.locator(".curve canvas").hover(position={"x": 46, "y": 60})
    expect(console.page.locator(".curve-last")).to_have_text("step 0: 0.8000")
    expect(console.page.locator(".artifact")).to_contain_text(re.compile("model.ubj.*2.0 KB"))


def test_the_time_left_is_unknown_rather_than_guessed(written_run, open_console):
    run = written_run()
    run.begin()
    run.progress("train folds", 0, 8)
    run.progress("train folds", 1, 8)
    console = open_console(run)
    expect(console.page.locator(".phase.current")).to_contain_text("time left unknown")


def test_the_time_left_follows_from_the_times_of_the_steps_with_its_spread(written_run, open_console):
    run = written_run()
    run.begin()
    for fold in range(5):
        run.progress("train folds", fold, 8)
    _set_apart(run.folder.events_path, seconds_apart=100)
    console = open_console(run)
    # Four folds of 100 s: 400 s, to half minutes 6.5; give or take the least spread, 6.5 %.
    expect(console.page.locator(".phase.current")).to_contain_text("about 6.5 min left (6 to 7 min)")
    expect(console.page.locator(".times")).to_contain_text("train folds: about 6.5 min left (6 to 7 min)")


def test_a_part_that_begins_anew_is_under_way_beside_its_step_and_has_a_time_left_of_its_own(written_run, open_console):
    run = written_run()
    run.begin()
    run.progress("load data", 1, 1)
    run.progress("train folds", 0, 3, "fits")
    for epoch in range(31):
        run.progress("fit model", epoch, 30, "epochs, fit 1 of 3", within="train folds")
    run.progress("train folds", 1, 3, "fits")
    for epoch in range(5):
        run.progress("fit model", epoch, 30, "epochs, fit 2 of 3", within="train folds")
    _set_apart(run.folder.events_path, seconds_apart=100)
    console = open_console(run)
    at_work = console.page.locator(".phase.current")
    expect(at_work).to_have_count(2)
    whole, part = at_work.all()
    expect(whole).to_contain_text("train folds1 of 3 fits")
    # 26 epochs of 100 s are 43 minutes.
    expect(part).to_contain_text("fit model4 of 30 epochs, fit 2 of 3  ·  about 43 min left")
    expect(console.page.locator(".times")).to_contain_text("train folds: ")


def _set_apart(path, seconds_apart):
    """Write the events anew so that they came at equal distances.

    The last one comes in an hour: until then no time has passed since, however long the browser takes to open.
    """
    events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    last = utc_now() + timedelta(hours=1)
    for before, event in enumerate(reversed(events)):
        event["timestamp_utc"] = (last - timedelta(seconds=before * seconds_apart)).isoformat()
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")


def test_how_long_a_run_took_is_what_its_process_counted(written_run, open_console):
    run = written_run()
    run.begin()
    console = open_console(run)
    expect(console.badge).to_contain_text("running")
    run.end(elapsed_s=7260.5)
    expect(console.page.get_by_text("took 2:01:00 h")).to_be_visible()
    expect(open_console(run).page.get_by_text("took 2:01:00 h")).to_be_visible()


def test_a_failed_run_shows_its_reason(written_run, open_console):
    run = written_run()
    run.begin()
    run.end(RunState.FAILED, error="MSFT has no bars in 2012.")
    console = open_console(run)
    expect(console.badge).to_contain_text("failed")
    expect(console.page.get_by_role("alert")).to_have_text("MSFT has no bars in 2012.")


def test_a_run_that_died_without_a_word_is_shown_as_crashed_with_its_last_lines(written_run, open_console):
    run = written_run()
    run.begin()
    run.say("the last words")
    run.die()
    console = open_console(run)
    expect(console.badge).to_contain_text("crashed")
    expect(console.line("the last words")).to_be_visible()
    expect(console.page.get_by_text("took ")).to_have_count(0)


def test_hostile_lines_are_text(written_run, open_console):
    hostile = '<script>window.taken = 1</script><img src=x onerror="window.taken = 1"><a href="javascript:alert(1)">'
    run = written_run()
    run.begin()
    run.say(hostile, field=hostile)
    run.progress(hostile, 1, 2, hostile)
    run.metric(hostile, 1.0, step=0)
    run.metric(hostile, 2.0, step=1)
    run.status(RunState.RUNNING, hostile)
    console = open_console(run)
    expect(console.line("onerror").first).to_contain_text(hostile)
    console.line("onerror").first.click()
    expect(console.page.locator(".detail pre")).to_have_text(hostile)
    assert console.page.locator(".console :is(script, img, a)").count() == 0
    assert console.page.evaluate("window.taken") is None


def test_colours_become_classes_and_other_escapes_are_visible(written_run, open_console):
    run = written_run()
    run.say("\x1b[1;31mred\x1b[0m plain \x1b[38;5;196mindexed\x1b[2J \u202eturned\x07")
    console = open_console(run)
    line = console.line("indexed")
    expect(line.locator(".bold.c1")).to_have_text("red")
    expect(line.locator(".text")).to_have_text("red plain indexed^[[2J \u27e8U+202E\u27e9turned^G")


def test_a_progress_bar_shows_what_it_painted_last(written_run, open_console):
    run = written_run()
    run.say("\r 10%\r 55%\rloaded 100%")
    run.say("two\r\nlines")
    console = open_console(run)
    expect(console.line("loaded").locator(".text")).to_have_text("loaded 100%")
    expect(console.line("two").locator(".text")).to_have_text("two \u23ce lines")


def test_two_consoles_on_one_page_show_the_same_run(written_run, open_console, chromium, dashboard):
    run = written_run()
    run.begin()
    console = open_console(run)
    console.page.goto(f"{dashboard}/?run={run.run_id}&twice=1")
    run.say("seen by both")
    expect(console.line("seen by both")).to_have_count(2)


def test_a_reload_of_the_page_shows_the_same_log(written_run, open_console):
    run = written_run()
    run.begin()
    run.say("before")
    console = open_console(run)
    expect(console.whole).to_have_text("complete: 3 of 3 events")
    console.page.reload()
    run.say("after")
    expect(console.line("after")).to_be_visible()
    expect(console.line("before")).to_have_count(1)
    expect(console.whole).to_have_text("complete: 4 of 4 events")


def test_cancelling_asks_once_and_ends_the_process(living_run, open_console):
    console = open_console(living_run)
    page = console.page
    expect(console.badge).to_contain_text("running")
    page.get_by_role("button", name="Cancel this run").click()
    page.get_by_role("button", name="Keep the run running").click()
    assert living_run.process.poll() is None
    page.get_by_role("button", name="Cancel this run").click()
    page.get_by_role("button", name="Yes, cancel the run").click()
    expect(console.badge).to_contain_text("cancelled")
    expect(console.notice).to_have_text("The run and everything it started has ended.")
    assert living_run.process.wait(timeout=30) is not None


def test_every_button_is_read_aloud_with_what_is_seen_first(written_run, open_console):
    run = written_run()
    run.begin()
    console = open_console(run)
    console.page.get_by_role("button", name="Cancel this run and everything it started").click()
    expect(console.page.get_by_role("button", name="Keep the run running")).to_be_visible()
    named = console.page.locator(".console button[aria-label]").evaluate_all(
        "found => found.map(one => [one.textContent.trim(), one.getAttribute('aria-label')])"
    )
    assert named
    assert [pair for pair in named if not pair[1].startswith(pair[0])] == []


def test_names_of_steps_and_a_third_curve_are_whole(written_run, open_console):
    run = written_run()
    run.begin()
    for fold in range(6):
        run.progress("backtest the strategy and all of its baselines", fold, 8, "strategies")
    for step in range(3):
        for name in ("logloss", "auc", "brier"):
            run.metric(name, step, step=step)
    console = open_console(run)
    expect(console.page.locator(".curve")).to_have_count(3)
    strip = console.page.locator(".curves").bounding_box()
    last = console.page.locator(".curve").last.bounding_box()
    assert last["x"] + last["width"] <= strip["x"] + strip["width"]
    assert last["y"] + last["height"] <= strip["y"] + strip["height"]
    figures = console.page.locator(".phase.current .figures")
    assert figures.evaluate("place => place.scrollWidth <= place.clientWidth || place.clientWidth === 0")
    expect(console.page.locator(".phase.current .name")).to_have_attribute(
        "title", "backtest the strategy and all of its baselines"
    )


def test_a_cancel_that_comes_too_late_says_so(written_run, open_console, relay):
    run = written_run()
    run.begin()
    console = open_console(run)
    expect(console.badge).to_contain_text("running")
    console.page.get_by_role("button", name="Cancel this run").click()
    with relay.asleep():  # what happens now the browser does not see
        run.end()
        console.page.get_by_role("button", name="Yes, cancel the run").click()
        expect(console.notice).to_contain_text("Too late to cancel")
        expect(console.badge).to_contain_text("completed")
