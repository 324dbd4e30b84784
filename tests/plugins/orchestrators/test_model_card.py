"""A training run leaves a model card to read, and what moves its model's predictions."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

TITLE = "x | <script>alert(1)</script> [a](https://example.org) # Heading\u202e `code`"


@pytest.fixture(scope="module")
def with_trees(modes):
    config = {
        "title": TITLE,
        "seed": 3,
        "thread_count": 1,
        "data": {
            "data_source_type": "sample",
            "tickers": ["AAPL", "IBM"],
            "start_date": "2006-01-03",
            "end_date": "2008-12-31",
        },
        "features": [
            {"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5, 20]}}
        ],
        "label": {"labeler_type": "leverage_opportunity", "labeler_params": {"horizon_bars": 5, "leverage": 1.5}},
        "model": {"model_type": "xgboost", "model_params": {"n_estimators": 10}},
        "splits": {"train_bars": 400, "test_bars": 200},
    }
    outcome = modes.run("train", config)
    assert outcome.status == "completed", outcome.error
    return outcome


def card_of(outcome) -> str:
    return outcome.folder.joinpath("artifacts", "model_card.md").read_text(encoding="utf-8")


def test_the_card_sets_the_scores_beside_the_base_rate_and_counts_effective_rows(with_trees):
    text, metrics = " ".join(card_of(with_trees).split()), with_trees.metrics
    assert f"| {metrics['brier']:.4f} | {metrics['base_rate_brier']:.4f} |" in text
    assert f"the rows count as {metrics['effective_sample_size']:,.0f} independent ones" in text
    assert f"{metrics['n_rows']:,.0f} rows from 2007-08-" in text
    is_worse = metrics["brier"] >= metrics["base_rate_brier"]
    assert ("no better than a constant" in text) == is_worse


def test_the_card_says_what_it_is_what_it_learned_from_and_what_it_is_not_for(with_trees):
    text = card_of(with_trees)
    headings = re.findall("^## (.*)$", text, flags=re.MULTILINE)
    assert headings == [
        "What it is", "What it learned from", "How good it is, out of sample", "How it learned",
        "What moves its predictions", "Limits", "What it must not be used for", "Licence",
    ]  # fmt: skip
    assert "| Model | xgboost 1.0.0 |" in text
    assert '"n\\_estimators": 10' in text
    assert "| Tickers | 2: AAPL, IBM |" in text
    assert "To judge it on bars up to 2008-12-3" in text


def test_a_title_is_shown_as_it_is_and_draws_nothing(with_trees):
    first = card_of(with_trees).splitlines()[0]
    assert first.startswith(r"# Model card: x \| \<script\>alert\(1\)\</script\> \[a\]\(https:\//example.org\)")
    assert first.endswith(r"\# Heading \`code\`")


def test_shap_importances_are_the_mean_sizes_over_the_example_rows(with_trees, modes):
    saved = pd.read_parquet(with_trees.artifacts["shap_importances"])
    assert list(saved.columns) == ["feature", "mean_absolute_shap"]
    folder = with_trees.folder / "artifacts" / "model"
    model = modes.make_plugin("models", "xgboost", {"n_estimators": 10})
    model.load_model(folder / "model")
    examples = pd.read_parquet(folder / "examples.parquet")[saved["feature"].tolist()]
    expected = model.shap_values(examples).drop(columns="base").abs().mean()
    assert saved["mean_absolute_shap"].tolist() == pytest.approx(expected.tolist(), rel=1e-12)
    assert saved["mean_absolute_shap"].max() > 0.0


def test_a_boosted_models_curves_are_kept_by_fold_and_told_on_the_card(with_trees):
    curves = pd.read_parquet(with_trees.artifacts["learning_curves"])
    assert set(curves["metric"]) == {"train_logloss", "validation_logloss"}
    n_folds = int(with_trees.metrics["n_folds"])
    assert sorted(curves["fold"].unique()) == [-1, *range(n_folds)]
    own = curves[(curves["fold"] == -1) & (curves["metric"] == "validation_logloss")]
    last = own.loc[own["step"].idxmax()]
    assert f"{last['value']:.4f} at step {last['step']} |" in card_of(with_trees)


def test_a_model_that_learns_in_no_steps_says_so_on_its_card(trained):
    assert "learning_curves" not in trained.artifacts
    assert "## How it learned\n\nA linear model has no learning curve: its coefficients are the" in card_of(trained)
    notes = json.loads(Path(trained.artifacts["model_notes"]).read_text(encoding="utf-8"))
    assert notes["importances"] == "Measured: size of its standardised coefficient."
    assert notes["shap_values"] == ""
    shap = pd.read_parquet(trained.artifacts["shap_importances"])
    own = pd.read_parquet(trained.artifacts["feature_importances"])
    assert shap["feature"].tolist() == own["feature"].tolist()


def test_an_ensembles_run_keeps_its_members_and_its_model_is_exported_and_read_back(modes, small):
    members = [{"model_type": "linear"}, {"model_type": "xgboost", "model_params": {"n_estimators": 5}}]
    params = {"members": members, "method": "stacking", "n_blocks": 2}
    small["splits"] = {"train_bars": 600, "test_bars": 100}
    small["model"] = {"model_type": "ensemble", "model_params": params}
    outcome = modes.run("train", small)
    assert outcome.status == "completed", outcome.error
    kept = outcome.folder / "artifacts" / "model" / "model"
    assert sorted(path.name for path in kept.iterdir()) == ["ensemble.json", "final", "members", "members.json"]
    card = card_of(outcome)
    assert "| Made of | linear: linear 1.0.0, xgboost: xgboost 1.0.0, final: linear 1.0.0 |" in card
    assert "Mean absolute SHAP value over the example rows" in card
    notes = json.loads(Path(outcome.artifacts["model_notes"]).read_text(encoding="utf-8"))
    assert "Measured: the members' own importances, as each member counts" in notes["importances"]
    assert notes["shap_values"] == ""
    shap = pd.read_parquet(outcome.artifacts["shap_importances"])
    assert sorted(shap["feature"]) == sorted(pd.read_parquet(outcome.artifacts["feature_importances"])["feature"])
    assert (shap["mean_absolute_shap"] > 0.0).all()
    described = json.loads((kept.parent / "model.json").read_text())["description"]
    assert described["member_versions"] == {
        "linear": "linear 1.0.0",
        "xgboost": "xgboost 1.0.0",
        "final": "linear 1.0.0",
    }
    exported = modes.run("export", {"export": {"model_run": outcome.run_id, "exporter_type": "native"}})
    assert exported.status == "completed", exported.error
    assert exported.metrics["largest_difference"] == 0.0
