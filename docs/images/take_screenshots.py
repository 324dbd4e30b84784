"""Take the pictures of the dashboard that the documentation shows, anew.

python docs/images/take_screenshots.py [FOLDER]

In a home of its own, which goes afterwards, it runs the demo and a variant of it, serves the dashboard and photographs
its screens into FOLDER, by default this file's. It needs Chromium and the package playwright, and takes some minutes.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[2]
PRESET = REPOSITORY / "configs" / "leverage_opportunity.yaml"
QLOP = (sys.executable, "-P", "-m", "core.cli.main")
VARIANT = ("strategy.strategy_params.max_exposure=1.5", "title=Leverage opportunity, at most 1.5x")
LONG = (
    "splits.test_bars=21",
    "model.model_params.n_estimators=3000",
    "model.model_params.learning_rate=0.002",
    "title=Leverage opportunity, a fold a month",
)
WIDE, TALL, NARROW = (1280, 900), (1280, 1120), (390, 844)
PATIENCE_S = 60
COLORS = 160


@dataclass(frozen=True)
class Studio:
    """Where the pictures are taken."""

    browser: Browser
    url: str
    folder: Path

    def visit(self, place: str, *, size: tuple[int, int] = WIDE, dark: bool = False) -> Page:
        """Open a screen and wait until it is drawn."""
        page = self.browser.new_page(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light", timezone_id="UTC"
        )
        page.goto(f"{self.url}/{place}")
        drawn(page)
        return page

    def take(self, page: Page, name: str) -> None:
        """Write the picture of what the page shows, in few colours."""
        with Image.open(BytesIO(page.screenshot())) as picture:
            few = picture.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
            few.save(self.folder / f"{name}.png", optimize=True)


def drawn(page: Page) -> None:
    """Wait until the script has run and no element waits for its data."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    expect(page.get_by_role("main").locator("h1, h2, h3, button").first).to_be_visible()
    page.wait_for_load_state("networkidle")


def main() -> None:
    """Take every picture."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    expect.set_options(timeout=PATIENCE_S * 1000)
    with tempfile.TemporaryDirectory() as place, dashboard(Path(place)) as url, sync_playwright() as playwright:
        environment = environment_of(Path(place))
        qlop(environment, "demo")
        run_id = newest_run(Path(place))
        qlop(environment, "run", "pipeline", "--config", str(PRESET), *options(VARIANT))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        studio = Studio(browser, url, folder)
        take_results(studio, run_id)
        take_workbench(studio)
        take_live_console(studio, environment)
        browser.close()


def take_live_console(studio: Studio, environment: dict[str, str]) -> None:
    """Photograph a run while it trains, on a wide window and on a telephone."""
    command = [*QLOP, "run", "pipeline", "--config", str(PRESET), *options(LONG)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as run:  # noqa: S603 - no shell
        page = studio.visit("")
        page.get_by_role("button", name="Watch").click()
        for name, size in (("run_console", TALL), ("run_console_narrow", NARROW)):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            expect(page.get_by_text("train folds", exact=True)).to_be_visible()
            studio.take(page, name)
        run.terminate()


def take_results(studio: Studio, run_id: str) -> None:
    """Photograph what runs have come to."""
    studio.take(studio.visit(""), "overview")
    for name, dark in (("tear_sheet", False), ("tear_sheet_dark", True)):
        page = studio.visit(f"run?run={run_id}", size=TALL, dark=dark)
        expect(page.get_by_label("Equity and drawdown").first).to_be_visible()
        drawn(page)
        studio.take(page, name)
    page = studio.visit("runs")
    runs = page.get_by_role("region", name="Runs", exact=True)
    for row in (1, 2):
        box = runs.bounding_box() or {"x": 0, "y": 0}
        page.mouse.click(box["x"] + 16, box["y"] + 32 * (row + 0.5))
        expect(page.get_by_text(f"{row} run{'s' * (row > 1)} chosen of")).to_be_visible()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("tab", name="Equity")).to_be_visible()
    drawn(page)
    studio.take(page, "compare")
    studio.take(studio.visit("models"), "models")


def take_workbench(studio: Studio) -> None:
    """Photograph the forms, the data and the plugins."""
    page = studio.visit("train")
    page.get_by_text("Model", exact=True).click()
    expect(page.get_by_role("combobox", name="Model")).to_be_visible()
    drawn(page)
    studio.take(page, "train")
    page = studio.visit("data", size=TALL)
    page.get_by_role("button", name="Load and inspect").click()
    expect(page.get_by_role("tab", name="Coverage")).to_be_visible()
    drawn(page)
    page.get_by_role("tab", name="Coverage").scroll_into_view_if_needed()
    studio.take(page, "data")
    studio.take(studio.visit("plugins?kind=models"), "plugins")


@contextmanager
def dashboard(place: Path) -> Iterator[str]:
    """Serve the dashboard over a new home in `place`; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [*QLOP, "ui", "--port", str(port), "--no-open"]
    with subprocess.Popen(command, env=environment_of(place)) as process:  # noqa: S603 - a list, no shell
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with suppress(OSError), urllib.request.urlopen(f"{url}/api/health", timeout=5):  # noqa: S310 - our own server
                break
            time.sleep(0.1)
        try:
            yield url
        finally:
            process.terminate()


def environment_of(place: Path) -> dict[str, str]:
    """Return the environment in which everything that is kept lies in `place`."""
    folders = {
        "QLOP_HOME": str(place / "home"),
        "QLOP_CONFIG_DIR": str(place / "configuration"),
        "QLOP_PLUGIN_PATH": "",
    }
    return {**os.environ, **folders, "PYTHONPATH": str(REPOSITORY)}


def qlop(environment: dict[str, str], *arguments: str) -> None:
    """Run the command line to its end."""
    command = [*QLOP, *arguments]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - a list, no shell


def options(settings: tuple[str, ...]) -> list[str]:
    """Return the options that change a config's values."""
    return [word for setting in settings for word in ("--set", setting)]


def newest_run(place: Path) -> str:
    """Return the id of the home's newest run."""
    return max((place / "home" / "runs").iterdir(), key=lambda folder: folder.stat().st_ctime).name


if __name__ == "__main__":
    main()
