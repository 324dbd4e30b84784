"""From the form to a file on a person's own disk."""

import json
import re
import zipfile

import pytest
from playwright.sync_api import expect

EXTERNAL = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)\s*=", re.IGNORECASE)

MODEL_FILES = {"calibration.json", "examples.parquet", "model.json", "model/booster.ubj", "model/xgboost.json"}


@pytest.fixture
def offline_page(chromium):
    context = chromium.new_context(offline=True)
    page = context.new_page()
    yield page
    context.close()


def set_rounds(page, value):
    field = page.get_by_role("spinbutton", name="N estimators")
    field.fill(value)
    field.press("Tab")
    return field


def download(page, button):
    with page.expect_download() as download:
        button.click()
    return download.value


def test_a_person_configures_runs_watches_reads_exports_and_downloads(dashboard, visitor, offline_page, tmp_path):
    page = visitor(f"{dashboard.url}/train")
    start = page.get_by_role("button", name="Start training")
    page.get_by_text("Model", exact=True).click()

    rounds = set_rounds(page, "0")
    refusal = page.get_by_text("n_estimators is 0; it must be at least 1.")
    expect(page.get_by_text("One field needs another value")).to_be_visible()
    expect(refusal).to_have_count(2)
    start.click()
    expect(page.get_by_text("The run was not started")).to_be_visible()
    expect(rounds).to_have_value("0")
    set_rounds(page, "20")
    expect(refusal).to_have_count(0)
    expect(page.get_by_text("n_estimators: 20")).to_be_visible()
    start.click()

    console = page.get_by_role("region", name="Run console")
    expect(console.get_by_role("status").filter(has_text="running")).to_be_visible()
    expect(console.get_by_text("Prices are loaded and checked")).to_be_visible()
    expect(page.get_by_text("Equity (account currency)")).to_be_visible()

    report = download(page, page.get_by_role("button", name="Save as one HTML file"))
    report.save_as(tmp_path / "report.html")
    assert EXTERNAL.findall((tmp_path / "report.html").read_text()) == []
    asked = []
    offline_page.on("request", lambda request: asked.append(request.url))
    offline_page.goto((tmp_path / "report.html").as_uri())
    expect(offline_page.get_by_text("Equity (account currency)")).to_be_visible()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []

    page.get_by_role("button", name="Export model").click()
    page.get_by_role("tab", name="Export").click()
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_text("the largest difference between its predictions and the original's is 0;")).to_be_visible()
    downloads = page.get_by_test_id("stMain").get_by_role("button", name="Download")
    for button, name in ((downloads.last, "model.qlop.zip"), (downloads.first, "model.zip")):
        saved = download(page, button)
        assert saved.suggested_filename.endswith(name)
        with zipfile.ZipFile(saved.path()) as archive:
            assert archive.testzip() is None
            assert set(archive.namelist()) == MODEL_FILES
            assert json.loads(archive.read("model.json"))
