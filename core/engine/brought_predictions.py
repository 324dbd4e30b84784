"""Predictions that a backtest did not make by training: what another run, or a model's file, tells of them.

1. The run that made them has scored them; its scores are of the very rows that are traded, as all of them are.
2. What a model's file predicts is scored where it is traded (stages/scoring.py), if its label can be made there.
3. What their model was asked is what its own label says, whatever label the backtest's config names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.base.errors import ConfigError, PluginError

if TYPE_CHECKING:
    import pandas as pd

    from core.config.sections import LabelConfig
    from core.contracts.labeler import LabelerPlugin
    from core.contracts.run_context import RunContext
    from core.contracts.run_result import MetricValue
    from core.engine.learned_elsewhere import LearnedElsewhere
    from core.engine.prediction_origin import ModelFileOrigin, PredictionOrigin

__all__ = ["BroughtPredictions", "brought_by_file", "brought_by_run"]


@dataclass(frozen=True, eq=False)
class BroughtPredictions:
    """What is known of predictions that were made elsewhere.

    Attributes
    ----------
    bars : Index
        Of the predicted rows: (timestamp, ticker).
    scores : mapping
        Out-of-sample scores of these rows by name, as the run that made them keeps its figures; empty where nobody
        scored them.
    unscored : str
        Why nobody did; empty where somebody did, and where that is not known.
    label : LabelConfig or None
        What their model learned to predict.
    question : str
        The same in words, as `LabelerPlugin.question` gives it.
    learned_elsewhere : LearnedElsewhere or None
        Of a model that had come into its training with what it knows.
    """

    bars: pd.Index
    scores: Mapping[str, MetricValue] = field(default_factory=dict)
    label: LabelConfig | None = None
    question: str = ""
    learned_elsewhere: LearnedElsewhere | None = None
    unscored: str = ""


def brought_by_run(predictions: pd.DataFrame, origin: PredictionOrigin, context: RunContext) -> BroughtPredictions:
    """Return what the run that made predictions tells of them.

    Raises
    ------
    RunError
        If there is no such run, or it has not completed.
    """
    from core.config.run_config import RunConfig

    label = RunConfig.model_validate(context.config_of(origin.run_id)).label
    scores = context.metrics_of(origin.run_id)
    return BroughtPredictions(predictions.index, scores, label, _question(label, context), origin.learned_elsewhere)


def brought_by_file(predictions: pd.DataFrame, origin: ModelFileOrigin, context: RunContext) -> BroughtPredictions:
    """Return what the file of the model that made predictions tells of them."""
    question = _question(origin.label, context)
    return BroughtPredictions(
        predictions.index, origin.scores, origin.label, question, origin.learned_elsewhere, origin.unscored
    )


def _question(label: LabelConfig | None, context: RunContext) -> str:
    """Return what a label asks, in words; empty where it does not say, or its plugin cannot be had any more."""
    if label is None:
        return ""
    try:
        labeler: LabelerPlugin = context.plugin("labelers", label.labeler_type, label.labeler_params)
    except (PluginError, ConfigError):
        # Gone, or changed since the model learned: the predictions can be traded all the same.
        return ""
    return labeler.question
