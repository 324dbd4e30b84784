"""An address that is the first request after the server's start shows its view; hostile text on it stays text."""

import shutil

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect

TITLE = '<img src=x onerror="hit=1"><script>hit=2</script> [a link](javascript:hit=3) **bold** \u202egnihton'
HOSTILE = f"{TITLE} \x1b[31mred"
TICKER = "<b>AB</b>[x](javascript:hit=4)"
SCREENS = ("Overview", "Train", "Backtest", "Chatty", "Runs", "Models", "Data", "Plugins", "System")
LINKS = {
    "overview": ("/", "Overview", None),
    "train": ("/train?from_run={run}", "Train", TITLE[:40]),
    "backtest": ("/backtest", "Backtest", None),
    "a mode": ("/chatty?from_run={chatty}", "Chatty", TITLE),
    "failed runs": ("/runs?state=failed", "Runs", "1 run."),
    "comparison": ("/runs?compare={run},{chatty}", "2 runs compared", None),
    "config of a run": ("/run?run={run}&tab=Config", None, "price_adjustment"),
    "tear sheet": ("/run?run={run}&tab=Tear+sheet", None, "Equity and drawdown"),
    "summary": ("/run?run={run}&tab=Summary", None, TICKER),
    "console": ("/run?run={chatty}&tab=Console", None, TITLE),
    "failed run": ("/run?run={failed}", None, "Why it did not complete"),
    "models": ("/models?model={run}", "Models", TICKER),
    "data": ("/data", "Data", None),
    "plugins": ("/plugins?kind=brokers", "Plugins", None),
    "system": ("/system?tab=Installation", "System", None),
}


def config_of(folder) -> dict:
    close = 100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.01, 520)))
    dates = pd.bdate_range("2020-01-01", periods=520)
    columns = {"open": close, "high": close * 1.01, "low": close * 0.99, "close": close, "volume": 1000.0}
    pd.DataFrame({"date": dates, "ticker": TICKER, **columns}).to_csv(folder / "prices.csv", index=False)
    files = {"path": str(folder / "prices.csv"), "price_adjustment": "total_return"}
    return {
        "mode": "pipeline",
        "title": TITLE,
        "data": {"data_source_type": "files", "data_source_params": files, "min_history_bars": 20},
        "features": [{"name": "rsi", "feature_step_type": "rsi"}],
        "label": {"labeler_type": "direction"},
        "model": {"model_type": "linear"},
        "splits": {"scheme": "walk_forward", "train_bars": 200, "test_bars": 100},
        "strategy": {"strategy_type": "threshold"},
        "broker": {"broker_type": "flat", "broker_params": {"base_rate_annual": 0.02}},
    }


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, dashboard_over):
    """A folder whose runs bear hostile titles, tickers, notes, tags and lines; and what they are called."""
    folder = tmp_path_factory.mktemp("hostile")
    desk, config = dashboard_over(folder), config_of(folder)
    run = desk.run(config)
    desk.cli("runs", "note", run, HOSTILE)
    desk.cli("runs", "tag", run, "[tag](javascript:hit=5)")
    failed = desk.run({**config, "broker": {"broker_type": "flat"}})
    chatty = desk.run({"mode": "chatty", "title": TITLE, "mode_params": {"n_lines": 5, "word": HOSTILE}})
    return folder, {"run": run, "failed": failed, "chatty": chatty}


@pytest.fixture
def visit_first(hostile, tmp_path, start_dashboard, visitor):
    """Starts a dashboard over those runs; its first request is for an address."""
    folder, names = hostile
    shutil.copytree(folder / "home", tmp_path / "home")

    def visit(address: str):
        return visitor(start_dashboard().url + address.format(**names))

    return visit


@pytest.mark.parametrize("link", LINKS)
def test_an_address_that_is_the_first_request_shows_its_view_and_hostile_text_stays_text(link, visit_first):
    address, heading, text = LINKS[link]
    page = visit_first(address)
    page.on("dialog", lambda _: pytest.fail("a script opened a dialog"))
    expect(page.get_by_role("main").get_by_text(heading or TITLE, exact=True).first).to_be_visible()
    if text is not None:
        expect(page.get_by_role("main").get_by_text(text).first).to_be_visible()
    for screen in SCREENS:
        expect(page.get_by_role("navigation").get_by_role("link", name=screen, exact=True)).to_be_visible()
    assert page.evaluate("typeof hit") == "undefined"
    assert page.locator("a[href^='javascript:'], [onerror], img[src='x']").count() == 0
