"""Results that are too good to be true are told as that, in the summaries of backtests and trainings."""

import re
from dataclasses import replace
from datetime import date

import pytest

from core.engine.implausible_results import high_auc_lines, high_sharpe_lines
from core.engine.summary import DataFacts, PredictionFacts, StrategyFacts, SummaryFacts, TermsFacts, write_summary
from core.engine.training_summary import TrainingFacts, write_training_summary

FIRST, LAST = date(2003, 3, 5), date(2013, 3, 1)
PREDICTIONS = PredictionFacts(FIRST, LAST, 4, 2000, 0.5, 0.05, 0.25, 0.97)
PEEKING = StrategyFacts("oracle", {"sharpe": 30.0, "final_equity": 1e9}, looks_ahead=True)
FACTS = SummaryFacts(
    "T",
    DataFacts("files", ("AAA",), FIRST, LAST, 2600),
    TermsFacts(),
    StrategyFacts("model", {"sharpe": 4.3, "final_equity": 1e6}),
    FIRST,
    LAST,
    years=10.0,
    baselines=(PEEKING,),
    predictions=PREDICTIONS,
)


def said(text):
    return re.sub(r"\s+", " ", text)


def test_a_backtest_doubts_its_auc_and_its_sharpe_ratio_and_not_that_of_who_is_known_to_look_ahead():
    text = said(write_summary(FACTS))
    assert "Finding An AUC of 0.970 over 2,000 rows is seldom true of prices: look for what the features know" in text
    assert "Finding A Sharpe ratio of 4.30 of model over 10.0 years is seldom true of prices: look for what" in text
    usual = replace(FACTS, strategy=StrategyFacts("model", {"sharpe": 3.9}), predictions=replace(PREDICTIONS, auc=0.6))
    assert "Finding" not in write_summary(usual)


def test_a_training_doubts_its_auc():
    metrics = {"n_rows": 2000.0, "n_folds": 4.0, "base_rate": 0.5, "brier": 0.05, "base_rate_brier": 0.25, "auc": 0.97}
    facts = TrainingFacts("T", "linear", "direction", ("AAA",), FIRST, LAST, metrics)
    assert "Finding An AUC of 0.970 over 2,000 rows" in said(write_training_summary(facts))
    assert "Finding" not in write_training_summary(replace(facts, metrics={**metrics, "auc": 0.7}))


@pytest.mark.parametrize(
    ("auc", "n_rows", "effective_labels", "n_told"),
    [(0.95, 500, None, 1), (0.95, 499, None, 0), (0.95, 500, 29.0, 0), (0.9, 500, 100.0, 0), (None, 500, 100.0, 0)],
)
def test_few_rows_and_labels_of_few_events_may_be_told_apart_by_chance(auc, n_rows, effective_labels, n_told):
    assert bool(high_auc_lines(auc, n_rows, effective_labels)) == bool(n_told)


def test_a_ratio_of_less_than_a_year_is_left_alone_and_several_are_told_in_one_line():
    assert high_sharpe_lines({"model": 9.0}, 1.0) == []
    lines = said(" ".join(high_sharpe_lines({"model": 9.0, "half": 5.0, "calm": 1.0}, 1.2)))
    assert "A Sharpe ratio of 9.00 of model and 5.00 of half over 1.2 years" in lines
