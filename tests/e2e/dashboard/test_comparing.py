"""A run is cloned into the form, one thing is changed, and the two runs stand beside each other."""

import re

from playwright.sync_api import expect

CONFIG = {
    "mode": "backtest",
    "title": "Half again",
    "data": {"data_source_type": "sample", "tickers": ["IBM"], "start_date": "2011-01-03", "end_date": "2012-12-31"},
    "strategy": {"strategy_type": "constant_leverage", "strategy_params": {"leverage": 1.5}},
}


def tick(page, *rows: int) -> None:
    """Tick the boxes of rows of the one table that is shown; it is painted, so that a person sees no element."""
    table = page.get_by_role("region", name="Runs", exact=True)
    for row in rows:
        box = table.bounding_box()
        page.mouse.click(box["x"] + 16, box["y"] + 32 * (row + 1.5))
        expect(page.get_by_text(re.compile(rf"^{row + 1} runs? chosen of"))).to_be_visible()


def change_leverage_and_start(page) -> None:
    expect(page.get_by_role("heading", name="Backtest")).to_be_visible()
    page.get_by_text("Strategy", exact=True).click()
    leverage = page.get_by_role("spinbutton", name="Leverage")
    expect(leverage).to_have_value("1.5")
    leverage.fill("1.2")
    leverage.press("Enter")
    expect(page.get_by_text("leverage: 1.2")).to_be_visible()
    page.get_by_role("button", name="Start backtest").click()
    expect(page.get_by_role("tab", name="Tear sheet")).to_be_visible()


def test_a_clone_with_one_change_differs_from_its_original_in_that_field_alone(dashboard, visitor, rows_of):
    first = dashboard.run(CONFIG)
    page = visitor(f"{dashboard.url}/run?run={first}")
    page.get_by_role("button", name="Clone into the form").click()
    change_leverage_and_start(page)

    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_text("2 runs.")).to_be_visible()
    tick(page, 0, 1)
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="2 runs compared")).to_be_visible()

    figures = rows_of(page, "Figures compared")
    assert figures[0] == ["Figure", "1 · Half again", "2 · Half again"]
    growth = next(row for row in figures if row[0] == "Growth a year")
    assert re.fullmatch(r"-?[\d.]+%", growth[1])
    assert re.fullmatch(r"-?[\d.]+% \([+-].*\)", growth[2])

    page.get_by_role("tab", name="Config").click()
    heads, *differences = rows_of(page, "Config")
    assert heads == ["Section", "Setting", "1 · Half again", "2 · Half again"]
    assert differences == [["strategy", "strategy_params.leverage", "1.2", "1.5"]]
    page.get_by_role("tab", name="Data").click()
    expect(page.get_by_text("The data are the same, byte for byte.")).to_be_visible()

    page.get_by_role("tab", name="Equity").click()
    chart = page.get_by_label("Equity of the compared runs over time")
    for name in ("1 · Half again", "2 · Half again"):
        expect(chart.get_by_text(name)).to_be_visible()
    curves = chart.locator("svg .scatterlayer path.js-line")
    expect(curves).to_have_count(2)
    assert len({curve.get_attribute("d") for curve in curves.all()}) == 2
