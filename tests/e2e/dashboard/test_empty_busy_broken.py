"""Every screen over a new home, over one in which much goes on, and over one that is damaged."""

import re

from playwright.sync_api import expect

SCREENS = {
    "Overview": "Run the demo",
    "Train": "Start training",
    "Backtest": "Start backtest",
    "Chatty": "Start chatty",
    "Runs": "No runs yet.",
    "Models": "No models yet.",
    "Data": "Nothing was inspected yet.",
    "Plugins": "Write one of your own",
    "System": "All is well",
}
BACKTEST = {
    "mode": "backtest",
    "title": "Before the damage",
    "data": {"data_source_type": "sample", "tickers": ["IBM"], "start_date": "2011-01-03", "end_date": "2012-12-31"},
    "strategy": {"strategy_type": "constant_leverage", "strategy_params": {"leverage": 1.5}},
}


def go_to(page, screen: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=screen, exact=True).click()
    expect(page.get_by_role("main").get_by_role("heading", name=screen, exact=True)).to_be_visible()


def shown(page, text: str):
    return page.get_by_role("main").get_by_text(text).first


def test_every_screen_of_a_new_home_says_what_to_do_next(dashboard, visitor):
    page = visitor(dashboard.url)
    for screen, next_step in SCREENS.items():
        go_to(page, screen)
        expect(shown(page, next_step)).to_be_visible()
    page.goto(f"{dashboard.url}/run")
    expect(page.get_by_role("main").get_by_role("button").first).to_be_visible()


def test_the_first_run_which_somebody_starts_elsewhere_appears_on_the_overview_by_itself(dashboard, visitor):
    page = visitor(dashboard.url)
    expect(page.get_by_role("button", name="Run the demo")).to_be_visible()
    dashboard.run(BACKTEST)
    expect(page.get_by_role("heading", name="Latest runs")).to_be_visible()
    expect(page.get_by_role("button", name="Run the demo")).to_have_count(0)


def test_every_screen_works_while_a_run_talks_without_end(start_chatty, dashboard, visitor):
    busy = start_chatty(1_000_000, 200)
    expect(busy.get_by_role("button", name="Cancel this run")).to_be_visible()
    page = visitor(dashboard.url)
    expect(page.get_by_role("button", name="Watch")).to_be_visible()
    for screen in ("Train", "Backtest", "Chatty", "Models", "Data", "Plugins", "System", "Runs"):
        go_to(page, screen)
    expect(page.get_by_text("1 run.")).to_be_visible()
    go_to(page, "Overview")
    page.get_by_role("button", name="Watch").click()
    expect(page.get_by_role("log").get_by_text(re.compile(r"line \d{6}")).first).to_be_visible()


def test_a_damaged_run_is_told_where_it_is_opened_and_harms_no_other(dashboard, visitor):
    whole, damaged = dashboard.run(BACKTEST), dashboard.run({**BACKTEST, "title": "Damaged"})
    for file in (dashboard.home / "runs" / damaged).iterdir():
        if file.is_file() and file.suffix in {".json", ".yaml", ".parquet"}:
            file.write_bytes(b"\x00{not what it was")
    page = visitor(f"{dashboard.url}/run?run={damaged}")
    expect(shown(page, "cannot be")).to_be_visible()
    for screen in SCREENS:
        go_to(page, screen)
        expect(page.get_by_text("Traceback")).to_have_count(0)
    page.goto(f"{dashboard.url}/run?run={whole}")
    expect(page.get_by_role("heading", name="Equity and drawdown")).to_be_visible()


def test_settings_that_cannot_be_read_are_told_at_every_address_until_they_are_mended(dashboard, visitor):
    (dashboard.home / "settings.yaml").write_text("nonsense: 1\n", encoding="utf-8")
    page = visitor(dashboard.url)
    # They say who may come in: while they cannot be read, nobody does.
    for place in ("", "train", "runs?state=failed", "plugins", "system", "chatty"):
        page.goto(f"{dashboard.url}/{place}")
        expect(shown(page, "settings.yaml")).to_be_visible()
        expect(shown(page, "nonsense is not a known field")).to_be_visible()
    (dashboard.home / "settings.yaml").unlink()
    page.reload()
    go_to(page, "Train")
    expect(page.get_by_role("button", name="Start training")).to_be_visible()
