"""Scores of what a model's file predicts, where the bars tell how it came out.

1. The label that the model learned is made anew, under the terms of the broker that it learned with: of these prices.
2. Its rows after those that the model learned from are scored beside the base rate of those that it did learn from,
   which its file says.
3. Where one of these cannot be had, nothing is scored, and the reason is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.base.errors import ConfigError, DataError, PluginError
from core.engine.fold_predictions import base_rate_predictions
from core.engine.labels import check_labels, label_report
from core.engine.prediction_scores import scorable_rows, score_predictions
from core.engine.skill_interval import skill_interval

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from core.contracts.broker_terms import BrokerTerms
    from core.contracts.labeler import LabelerPlugin
    from core.contracts.run_context import RunContext
    from core.contracts.run_result import MetricValue
    from core.engine.opened_model import OpenedModel
    from core.engine.stages.market import Market

__all__ = ["FileScores", "score_by_label"]


@dataclass(frozen=True, eq=False)
class FileScores:
    """How a file's predictions came out.

    Attributes
    ----------
    metrics : mapping
        By name, as a training keeps those of its out-of-sample rows; empty where nothing was scored.
    outcomes : DataFrame of shape (n_rows, 2) or None
        `target` and `label_end` of the predicted rows; None where the label cannot be made.
    unscored : str
        Why nothing was scored; empty where something was.
    """

    metrics: Mapping[str, MetricValue] = field(default_factory=dict)
    outcomes: pd.DataFrame | None = None
    unscored: str = ""


def score_by_label(model: OpenedModel, predictions: pd.DataFrame, market: Market, context: RunContext) -> FileScores:
    """Score predictions by the label that their model learned.

    Parameters
    ----------
    model : OpenedModel
        Its file says which label, under which broker's terms, and what the base rate was.
    predictions : DataFrame
        Of rows of the panel that the model has not learned from.
    market : Market
        The prices.
    context : RunContext
        Makes the label's and the broker's plugin.
    """
    rates = model.trained_with.base_rates
    if not rates:
        return FileScores(
            unscored=f"{model.file.name} is of an earlier version and does not say the base rate of what its model "
            "learned from; train and export again"
        )
    try:
        labels = _labels(model, market, context)
    except (DataError, PluginError, ConfigError) as error:
        return FileScores(unscored=f"the label that the model learned cannot be made of these prices: {error}")
    outcomes = labels.loc[predictions.index, ["target", "label_end"]]
    judged = predictions.assign(target=outcomes["target"], fold=0)
    is_scored = scorable_rows(judged)
    if not is_scored.any():
        return FileScores(outcomes=outcomes, unscored="the prices end before the outcome of any prediction is known")
    return FileScores(_metrics(model, judged, labels, is_scored, market.panel), outcomes)


def _labels(model: OpenedModel, market: Market, context: RunContext) -> pd.DataFrame:
    label = model.trained_with.label
    labeler: LabelerPlugin = context.plugin("labelers", label.labeler_type, label.labeler_params)
    labels = labeler.label(market.panel, terms=_terms(model, market, context))
    check_labels(labels, market.panel, task=labeler.task)
    return labels


def _terms(model: OpenedModel, market: Market, context: RunContext) -> BrokerTerms:
    own = model.trained_with.broker
    return market.terms_of(market.panel, context.plugin("brokers", own.broker_type, own.broker_params))


def _metrics(
    model: OpenedModel, judged: pd.DataFrame, labels: pd.DataFrame, is_scored: NDArray[np.bool_], panel: pd.DataFrame
) -> dict[str, MetricValue]:
    reference = base_rate_predictions(judged, [dict(model.trained_with.base_rates)])
    scores = score_predictions(judged, reference, model.fitted.task)
    report = label_report(labels.loc[judged.index[is_scored]], panel)
    sizes = {name: report[name] for name in ("effective_sample_size", "effective_sample_size_pooled")}
    # One model made them: there are no folds whose scores could be averaged.
    silent = {"n_folds_at_base_rate": float(_says_one_thing(judged))} if model.fitted.task == "classification" else {}
    of_labels = {f"label_out_of_sample.{name}": value for name, value in report.items()}
    effective_labels = float(report["effective_sample_size_pooled"] or 0.0)
    interval = skill_interval(judged, reference, model.fitted.task, effective_labels=effective_labels)
    return {**scores, **interval, "n_predictions": float(len(judged)), **sizes, **silent, **of_labels}


def _says_one_thing(judged: pd.DataFrame) -> bool:
    """Return whether all predicted rows bear the same probabilities."""
    probabilities = [column for column in judged if str(column).startswith("probability_")]
    predicted = judged[probabilities].dropna()
    return len(predicted) > 1 and bool((predicted.nunique() == 1).all())
