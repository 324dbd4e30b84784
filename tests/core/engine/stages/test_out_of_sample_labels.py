"""What a summary says of labels beside the scores is of the rows that were scored."""

import re
from pathlib import Path

import pandas as pd
import pytest
import qlop

CONFIG = {
    "mode": "pipeline",
    "seed": 3,
    "thread_count": 1,
    "data": {
        "data_source_type": "sample",
        "tickers": ["AAPL", "IBM"],
        "start_date": "2006-01-03",
        "end_date": "2009-12-31",
    },
    "features": [{"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5, 20]}}],
    "label": {"labeler_type": "leverage_opportunity", "labeler_params": {"horizon_bars": 20, "leverage": 1.9}},
    "model": {"model_type": "linear"},
    "splits": {"train_bars": 400, "test_bars": 100},
    "strategy": {"strategy_type": "leverage_opportunity"},
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    return qlop.run(CONFIG, home=tmp_path_factory.mktemp("labels"))


@pytest.fixture(scope="module")
def summary(outcome):
    text = Path(outcome.artifacts["summary.txt"]).read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", text)


def test_the_labels_figures_are_those_of_the_scored_rows(outcome):
    metrics = outcome.metrics
    assert metrics["label_out_of_sample.labelled_rows"] == metrics["n_rows"] < metrics["label.labelled_rows"]
    assert metrics["label_out_of_sample.base_rate"] == pytest.approx(metrics["base_rate"])
    assert metrics["label_out_of_sample.effective_sample_size"] == pytest.approx(metrics["effective_sample_size"])


def test_the_summary_tells_those_and_not_the_figures_of_all_labels(outcome, summary):
    judged, every = (outcome.metrics[f"{part}.share_equal_to_sign"] for part in ("label_out_of_sample", "label"))
    assert f"{100 * judged:.1f}" != f"{100 * every:.1f}"
    assert f"{100 * judged:.1f} % equal the sign of the return" in summary
    breaches = outcome.metrics["label_out_of_sample.breach_share"]
    assert f"{100 * breaches:.2f} % of the labelled positions meet a margin call" in summary


def test_folds_that_say_nothing_are_told(outcome, summary):
    scores = pd.read_parquet(outcome.artifacts["fold_scores"])
    silent = int((scores["calibration_slope"] == 0.0).sum())
    assert 0 < silent < len(scores)
    assert outcome.metrics["n_folds_at_base_rate"] == silent
    assert f"in {silent} of {len(scores)} folds the calibrated model says no more than its base rate" in summary


def test_the_auc_within_folds_stands_beside_the_pooled_one(outcome, summary):
    mean = pd.read_parquet(outcome.artifacts["fold_scores"])["auc"].mean()
    assert outcome.metrics["auc_fold_mean"] == pytest.approx(mean)
    assert f"AUC {mean:.3f} within a fold on average; {outcome.metrics['auc']:.3f} over all rows" in summary
