"""The model card: what a model is, what it learned from, how good it is, and what it must not be used for, to read.

Equal figures give equal text. Names, titles and parameters are anybody's: they are written so that no renderer of
Markdown takes them for links, tables or HTML.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.engine.foreign_paths import shown_params, without_folders
from core.engine.joined_models import member_versions
from core.engine.learned_elsewhere import learned_with
from core.engine.model_card_learning import importances_text, learning_text
from core.engine.model_limits import model_limits
from core.engine.safe_markdown import plain, table
from core.engine.text_layout import number, percent

if TYPE_CHECKING:
    import pandas as pd

    from core.config.run_config import RunConfig
    from core.engine.model_notes import ModelNotes
    from core.engine.stages.market import Market
    from core.engine.training import TrainingResult

__all__ = ["ModelCardFacts", "write_model_card_text"]

_UNTESTED_MONEY = (
    "To size positions, least of all with leverage, without a backtest with the costs and the margin of the broker: a "
    "score is no profit, and losses can exceed the capital."
)
_Row = tuple[str, str]


@dataclass(frozen=True, eq=False)
class ModelCardFacts:
    """What the card is written from.

    Attributes
    ----------
    config : RunConfig
        As resolved.
    market : Market
        The prices of the training.
    result : TrainingResult
        Scores, predictions and the model that was kept.
    metrics : mapping
        All scores of the run, the label's figures among them.
    shap_importances : DataFrame or None
        feature and mean_absolute_shap.
    notes : ModelNotes
        What is to be said beside curves and importances.
    """

    config: RunConfig
    market: Market
    result: TrainingResult
    metrics: Mapping[str, object]
    shap_importances: pd.DataFrame | None
    notes: ModelNotes


def write_model_card_text(facts: ModelCardFacts) -> str:
    """Return the card as Markdown."""
    model = facts.result.final_model.model
    blocks = [
        f"# Model card: {plain(facts.config.title or type(model).name)}",
        "## What it is\n\n" + table(("", ""), _identity(facts)),
        "## What it learned from\n\n" + table(("", ""), _origin(facts)),
        "## How good it is, out of sample\n\n" + _evidence_note(facts) + "\n\n" + _scores(facts.metrics),
    ]
    blocks += [
        "## How it learned\n\n" + learning_text(facts.result.learning_curves, facts.notes),
        "## What moves its predictions\n\n"
        + importances_text(facts.result.importances, facts.shap_importances, facts.notes),
        "## Limits\n\n" + _list(_limits(facts)),
        "## What it must not be used for\n\n" + _list(_misuses(facts)),
        "## Licence\n\n" + _licence(facts.config),
    ]
    return "\n\n".join(blocks) + "\n"


def _identity(facts: ModelCardFacts) -> list[_Row]:
    fitted, label = facts.result.final_model, facts.config.label
    model = fitted.model
    kinds = [calibrator.kind for calibrator in fitted.calibrators]
    rows = [
        ("Model", f"{type(model).name} {model.version}"),
        ("Made of", ", ".join(f"{name}: {what}" for name, what in member_versions(model).items())),
        ("Parameters", _json(shown_params(model))),
        ("Task", fitted.task),
        ("Label", f"{label.labeler_type} {_json(without_folders(dict(label.labeler_params)))}" if label else ""),
        ("Classes", ", ".join(f"{value:g}" for value in fitted.classes)),
        ("Calibration", ", ".join(kinds) or "none"),
        ("Features", f"{len(fitted.feature_columns)}, in this order: {', '.join(fitted.feature_columns)}"),
        ("Seed", str(facts.config.seed)),
    ]
    return [row for row in rows if row[1]]


def _origin(facts: ModelCardFacts) -> list[_Row]:
    data, learned = facts.config.data, facts.result.learned
    tickers = [str(ticker) for ticker in facts.market.panel.index.unique(level="ticker")]
    return [
        ("Prices", f"{data.data_source_type}, {data.interval} bars, adjustment {data.adjustment}" if data else ""),
        ("Tickers", f"{len(tickers)}: {', '.join(tickers)}"),
        ("Period", f"{learned.first_bar:%Y-%m-%d} to {learned.until:%Y-%m-%d}, the lives of its labels included"),
        *_brought_along(facts),
        ("Rows", f"{learned.n_rows:,}, those that stopped training early or calibrated included"),
        ("Data fingerprint", facts.market.fingerprint),
    ]


def _brought_along(facts: ModelCardFacts) -> list[_Row]:
    model = facts.result.final_model.model
    if "pretrained" not in model.capabilities:
        return []
    known = learned_with(facts.result.learned, model).elsewhere == "known"
    said = f"bars until {model.learned_until[:10]}, as its file says" if known else "bars that its file does not name"
    return [("Before it came here", said)]


def _evidence_note(facts: ModelCardFacts) -> str:
    metrics, moments = facts.metrics, facts.result.predictions.index.get_level_values("timestamp")
    effective, pooled = (number(metrics.get(f"effective_sample_size{end}"), 0) for end in ("", "_pooled"))
    scheme = facts.config.splits.scheme.replace("_", " ")
    return (
        f"{number(metrics.get('n_rows'), 0)} rows from {moments.min():%Y-%m-%d} to {moments.max():%Y-%m-%d}, in "
        f"{number(metrics.get('n_folds'), 0)} folds of {scheme}. Labels overlap: the rows count as {effective} "
        f"independent ones, or {pooled} if all tickers move as one. The scores are those of models made the same way "
        "that have not seen these rows; the model that was kept learned from all, and no score of it exists."
    )


def _scores(metrics: Mapping[str, object]) -> str:
    of_a_coin, no_skill = 0.5, 0.0
    known: tuple[tuple[str, object, object], ...] = (
        ("Brier score, less is better", metrics.get("brier"), metrics.get("base_rate_brier")),
        ("Log loss, less is better", metrics.get("log_loss"), metrics.get("base_rate_log_loss")),
        ("AUC over all rows", metrics.get("auc"), of_a_coin),
        ("AUC within a fold, mean", metrics.get("auc_fold_mean"), of_a_coin),
        ("Root mean squared error, less is better", metrics.get("rmse"), metrics.get("base_rmse")),
        ("R2 out of sample", metrics.get("r2_out_of_sample"), no_skill),
        ("Rank correlation with the target", metrics.get("rank_correlation"), no_skill),
    )
    rows = [(name, number(own, 4), number(base, 4)) for name, own, base in known if own is not None]
    share = metrics.get("base_rate")
    note = "The base rate predicts the class shares, or the mean, of the rows that a fold could learn from."
    if share is not None:
        note += f" {percent(share)} of the scored labels are of the highest class."
    return (table(("Score", "Model", "Base rate"), rows) if rows else "No row could be scored.") + "\n\n" + note


def _limits(facts: ModelCardFacts) -> list[str]:
    market, learned = facts.market, learned_with(facts.result.learned, facts.result.final_model.model)
    seen = {"last_bar": "" if learned.elsewhere == "unknown" else learned.until.isoformat()}
    found = model_limits(facts.metrics, seen, {"splits": {"scheme": facts.config.splits.scheme}})
    if market.survivorship:
        found.append(f"What its source says of the instruments that it holds: {market.survivorship}")
    if market.left_out:
        found.append(f"Left out for a short history: {', '.join(sorted(market.left_out))}.")
    return found


def _misuses(facts: ModelCardFacts) -> list[str]:
    data, learned = facts.config.data, learned_with(facts.result.learned, facts.result.final_model.model)
    fed = f"{data.interval} bars with adjustment {data.adjustment} of {data.data_source_type}" if data else "its prices"
    judged = f"To judge it on bars up to {learned.until:%Y-%m-%d}: it has learned from them."
    if learned.elsewhere == "unknown":
        judged += " Later ones may have taught it too before it came here: its file does not name them."
    return [
        judged,
        f"To predict from other features than these, made of {fed}; other tickers and markets are untested.",
        _UNTESTED_MONEY,
        "As advice to anybody. It knows its features alone, and nothing of who trades by it.",
    ]


def _licence(config: RunConfig) -> str:
    source = plain(config.data.data_source_type) if config.data else "its prices"
    return (
        f"No licence is stated for this model; it is its maker's. The terms of the prices' source, {source}, bind "
        "whoever uses or passes on the model and its predictions."
    )


def _list(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {plain(sentence)}" for sentence in sentences) or "- Its own scores show none."


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True)
