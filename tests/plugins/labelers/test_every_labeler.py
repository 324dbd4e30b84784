"""Promises that all built-in labelers share."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import qlop

from core.engine.labels import check_labels, label_report
from core.engine.look_ahead import check_label_end
from plugins.labelers.direction import Direction
from plugins.labelers.forward_return import ForwardReturn
from plugins.labelers.leverage_opportunity import LeverageOpportunity
from plugins.labelers.triple_barrier import TripleBarrier

ROOT = Path(__file__).parents[3]
CASES = [
    (ForwardReturn, {"horizon_bars": 3}),
    (ForwardReturn, {"horizon_bars": 3, "fill": "same_close"}),
    (Direction, {"horizon_bars": 3, "fill": "next_close", "side": "short"}),
    (TripleBarrier, {"horizon_bars": 3, "volatility_window_bars": 5}),
    (LeverageOpportunity, {"horizon_bars": 3, "volatility_window_bars": 5}),
    (LeverageOpportunity, {"horizon_bars": 3, "volatility_window_bars": 5, "side": "short", "target": "advantage"}),
]
IDS = [f"{labeler.name}-{number}" for number, (labeler, _) in enumerate(CASES)]


def made(plugin_class, params):
    return plugin_class("label", plugin_class.Params(**params))


@pytest.mark.parametrize(("plugin_class", "params"), CASES, ids=IDS)
def test_labels_keep_the_contract_and_can_be_reported(plugin_class, params, random_panel, terms_for):
    panel = random_panel(6)
    labeler = made(plugin_class, params)
    labels = labeler.label(panel, terms=terms_for(panel))
    check_labels(labels, panel, labeler.task)
    report = label_report(labels, panel)
    assert 0 < report["labelled_rows"] < report["rows"] == len(panel)
    assert 0.0 < report["effective_sample_size_pooled"] < report["effective_sample_size"] < report["labelled_rows"]


QUESTIONS = [
    (ForwardReturn, {"horizon_bars": 3}, "what does the price, dividends included, return over 3 bars?"),
    (Direction, {"threshold_return": 0.01}, "does the return of a long over 5 bars exceed 1 %?"),
    (Direction, {"side": "short"}, "does the return of a short over 5 bars exceed 0 %?"),
    (
        LeverageOpportunity,
        {},
        "is a position of 2x the equity, held for 20 bars, worth more than one of 1x, net of costs and of margin calls?",
    ),
    (
        LeverageOpportunity,
        {"target": "advantage", "side": "short", "leverage": 1.5},
        (
            "how much more is a short position of 1.5x the equity, held for 20 bars, worth than one of 1x, net of costs and "
            "of margin calls?"
        ),
    ),
    (
        TripleBarrier,
        {},
        "of a long that leaves at a barrier, or after 10 bars: does it touch its profit barrier before any other?",
    ),
    (
        TripleBarrier,
        {"target": "positive_return", "side": "short"},
        "of a short that leaves at a barrier, or after 10 bars: does it return more than 0 %?",
    ),
    (
        TripleBarrier,
        {"target": "return"},
        "of a long that leaves at a barrier, or after 10 bars: what does it return?",
    ),
]


@pytest.mark.parametrize(("plugin_class", "params", "question"), QUESTIONS)
def test_a_labeler_says_in_words_what_it_asks(plugin_class, params, question):
    assert made(plugin_class, params).question == question


@pytest.mark.parametrize(("plugin_class", "params"), CASES, ids=IDS)
def test_labels_depend_on_bars_up_to_label_end_only(plugin_class, params, random_panel, terms_for):
    panel = random_panel(7)
    assert check_label_end(made(plugin_class, params), panel, terms_for(panel), cuts=8).n_values > 0


@pytest.mark.parametrize(("plugin_class", "params"), CASES, ids=IDS)
def test_labels_do_not_depend_on_other_tickers(plugin_class, params, random_panel, terms_for):
    panel = random_panel(9)
    alone = panel[panel.index.get_level_values("ticker") == "AAA"]
    labeler = made(plugin_class, params)
    expected = labeler.label(panel, terms=terms_for(panel)).loc[alone.index]
    pd.testing.assert_frame_equal(labeler.label(alone, terms=terms_for(alone)), expected, rtol=1e-12)


@pytest.mark.parametrize(("plugin_class", "params"), CASES, ids=IDS)
def test_a_panel_out_of_order_is_refused(plugin_class, params, random_panel, terms_for):
    panel = random_panel(9)
    with pytest.raises(qlop.DataError, match="rows are not sorted"):
        made(plugin_class, params).label(panel.iloc[::-1], terms=terms_for(panel))


def test_the_cases_above_hold_every_built_in_labeler():
    files = {path.stem for path in (ROOT / "plugins" / "labelers").glob("[a-z]*.py")}
    assert {labeler.name for labeler, _ in CASES} == files


@pytest.mark.parametrize("plugin_class", sorted({case[0] for case in CASES}, key=lambda c: c.name))
def test_every_labeler_parameter_and_column_is_documented(plugin_class, random_panel, terms_for):
    page = (ROOT / "docs" / "features_and_labels.md").read_text(encoding="utf-8")
    section = page.split(f"### `{plugin_class.name}`", 1)[1].split("\n### ", 1)[0]
    panel = random_panel(6)
    columns = made(plugin_class, {"horizon_bars": 3}).label(panel, terms=terms_for(panel)).columns
    for name in (*plugin_class.Params.model_fields, *columns):
        assert f"`{name}`" in section
