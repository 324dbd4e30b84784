"""Every screen by day and by night on a telephone: nothing sticks out, nothing lies over a control, text can be read."""

import pytest
from playwright.sync_api import expect

CONFIG = {
    "mode": "backtest",
    "title": "A title that is far longer than a telephone is wide, as titles that people write often are",
    "data": {"data_source_type": "sample", "tickers": ["IBM"], "start_date": "2011-01-03", "end_date": "2012-12-31"},
    "strategy": {"strategy_type": "constant_leverage", "strategy_params": {"leverage": 1.5}},
}
PLACES = {
    "": "Overview",
    "train": "Train",
    "backtest": "Backtest",
    "chatty": "Chatty",
    "runs": "Runs",
    "models": "Models",
    "data": "Data",
    "plugins": "Plugins",
    "system": "System",
}
WELL_READABLE = 4.5
# WCAG 2.2, "contrast ratio" and "relative luminance"; opacity thins a text's colour towards what lies behind it.
CONTRAST = """element => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = color => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
  const over = (top, share, under) => [0, 1, 2].map(i => share * top[i] + (1 - share) * under[i]);
  const chain = []; for (let e = element; e; e = e.parentElement) chain.unshift(e);
  let behind = [255, 255, 255], opacity = 1;
  for (const e of chain) { const style = getComputedStyle(e), color = rgba(style.backgroundColor);
    behind = over(color, color[3], behind); opacity *= Number(style.opacity); }
  const color = rgba(getComputedStyle(element).color), text = over(color, color[3] * opacity, behind);
  const light = rgb => { const [r, g, b] = rgb.map(v => v / 255).map(
    v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const [high, low] = [light(text), light(behind)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}"""
COVERED = """() => [...document.querySelectorAll(
    "[data-testid=stMain] :is(button, [role=tab], [role=combobox], input[type=text], input[type=number])")]
  .filter(control => control.checkVisibility({opacityProperty: true, visibilityProperty: true}) && !control.disabled)
  .filter(control => {
    control.scrollIntoView({block: "center", inline: "center"});
    const box = control.getBoundingClientRect();
    if (box.width < 8 || box.height < 8) return false;
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return !top || !(control.contains(top) || top.contains(control) || top.closest("label, [role=group]"));
  }).map(control => control.textContent || control.ariaLabel || control.outerHTML)"""
WIDTHS = (
    "[document.documentElement.scrollWidth, document.querySelector('[data-testid=stMain]').scrollWidth, innerWidth]"
)


def expect_it_to_fit(page, place: str) -> None:
    wide, main, window = page.evaluate(WIDTHS)
    assert max(wide, main) <= window, place
    assert page.evaluate(COVERED) == [], place


def expect_it_to_be_readable(page, place: str) -> None:
    main = page.get_by_role("main")
    texts = main.locator("h1, h3, label, [data-testid=stText], [data-testid=stMarkdown] p, [data-testid=stCaption] p")
    for text in texts.locator("visible=true").all()[:25]:
        words = text.text_content()
        if words and words.strip():
            assert text.evaluate(CONTRAST) >= WELL_READABLE, f"{place or 'overview'}: {words}"


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_every_screen_fits_a_telephone_and_can_be_read(color_scheme, dashboard, visitor):
    run_id = dashboard.run(CONFIG)
    page = visitor(dashboard.url, width=390, height=844, color_scheme=color_scheme)
    for place, heading in {**PLACES, f"run?run={run_id}": CONFIG["title"]}.items():
        page.goto(f"{dashboard.url}/{place}")
        expect(page.get_by_role("main").get_by_text(heading, exact=True).first).to_be_visible()
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        expect_it_to_fit(page, place)
        expect_it_to_be_readable(page, place)


def test_the_whole_window_is_light_or_dark_as_the_viewer_has_it(dashboard, visitor):
    shades = {}
    for color_scheme in ("light", "dark"):
        page = visitor(dashboard.url, color_scheme=color_scheme)
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        app = page.get_by_test_id("stApp")
        shades[color_scheme] = app.evaluate("element => getComputedStyle(element).backgroundColor")
    assert shades == {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 23, 25)"}
