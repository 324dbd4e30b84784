"""The report: one file that fetches nothing, and text that stays text."""

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from core.services.python_run import run
from core.services.runs import annotate_run
from core.services.workbench import open_workbench
from core.ui.tear_sheet.html_report import html_report

HOSTILE = "</title><script>alert(1)</script> <img src=x onerror=alert(2)> {{7*7}}"
HOSTILE_TICKER = "<img src=x onerror=alert(3)>"
ADDRESSES = ("src", "href", "srcset", "action", "data", "poster", "background", "formaction")


class Document(HTMLParser):
    """Tags with their attributes, and the text outside of scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self._inside = [], "", ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside not in {"script", "style"}:
            self.text += data


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with one backtest of a hostile title on a ticker with a hostile name; the run's id."""
    folder = tmp_path_factory.mktemp("report")
    days = pd.bdate_range("2020-01-01", periods=120)
    price = 100.0 + 10.0 * np.sin(np.arange(120) / 9.0)
    bars = dict.fromkeys(("open", "high", "low", "close"), price)
    table = pd.DataFrame({"date": days, "ticker": HOSTILE_TICKER, **bars, "volume": 1.0})
    table.to_csv(folder / "prices.csv", index=False)
    source = {"path": str(folder / "prices.csv"), "price_adjustment": "total_return"}
    once = {"strategy_type": "constant_leverage", "strategy_params": {"leverage": 1.0}}
    config = {
        "mode": "backtest",
        "title": HOSTILE,
        "data": {"data_source_type": "files", "data_source_params": source, "adjustment": "total_return"},
        "broker": {"broker_params": {"base_rate_annual": 0.02}},
        "strategy": {"strategy_type": "constant_leverage", "strategy_params": {"leverage": 1.5}},
        "backtest": {"baselines": {"once": once}},
    }
    done = run(config, home=folder / "home")
    annotate_run(open_workbench(folder / "home"), done.run_id, notes=HOSTILE, tags=["kept"])
    return folder / "home", done.run_id


@pytest.fixture(scope="module")
def written(home):
    folder, run_id = home
    return html_report(open_workbench(folder), run_id).decode("utf-8")


def test_nothing_in_the_file_is_fetched_from_anywhere(written):
    document = Document(written)
    assert not [(tag, found) for tag, found in document.tags if set(found) & set(ADDRESSES)]
    assert not [tag for tag, _ in document.tags if tag in {"link", "iframe", "img", "object", "embed", "base"}]
    policy = next(found["content"] for tag, found in document.tags if found.get("http-equiv"))
    assert policy.startswith("default-src 'none'")


def test_the_library_stands_in_it_once_and_every_chart_is_drawn(written):
    document = Document(written)
    charts = [found for tag, found in document.tags if "plotly-graph-div" in (found.get("class") or "")]
    scripts = [tag for tag, _ in document.tags if tag == "script"]
    assert len(charts) == len({found["id"] for found in charts}) == 8
    assert len(scripts) == len(charts) + 1


def test_a_hostile_title_note_and_name_are_text(written, home):
    document = Document(written)
    assert document.text.count(HOSTILE) >= 3
    assert f"Trades of {HOSTILE_TICKER}" in document.text
    assert "<script>alert" not in written
    assert "<img" not in written
    assert not [found for _, found in document.tags if any(name.startswith("on") for name in found)]


def test_figures_summary_config_and_origin_of_the_run_are_in_it(written, home):
    text = Document(written).text
    assert home[1] in text
    assert "Growth a year" in text
    assert "Backtest, net of costs" in text
    assert "strategy_type: constant_leverage" in text
    assert "Deflated Sharpe ratio" in text
    assert "kept" in text


def test_the_same_run_gives_the_same_file(written, home):
    folder, run_id = home
    assert html_report(open_workbench(folder), run_id).decode("utf-8") == written
