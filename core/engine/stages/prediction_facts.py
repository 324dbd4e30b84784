"""What the summary tells of the predictions that were traded, whoever made and scored them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from core.engine.summary_facts import PredictionFacts

if TYPE_CHECKING:
    from core.contracts.run_result import MetricValue
    from core.engine.brought_predictions import BroughtPredictions
    from core.engine.learned_elsewhere import LearnedElsewhere
    from core.engine.stages.training import Trained

__all__ = ["prediction_facts"]

_SCORES = (
    "base_rate",
    "brier",
    "base_rate_brier",
    "auc",
    "auc_fold_mean",
    "rmse",
    "base_rmse",
    "r2_out_of_sample",
    "rank_correlation",
    "skill_low",
    "skill_high",
    "effective_sample_size",
    "effective_sample_size_pooled",
)


def prediction_facts(trained: Trained | None, brought: BroughtPredictions | None) -> PredictionFacts | None:
    """Return what is known of the predictions that a run made, or that were brought to it; None where it had none."""
    if trained is not None:
        return _facts(trained.predictions.index, trained.metrics, trained.learned_elsewhere)
    if brought is None:
        return None
    return _facts(brought.bars, brought.scores, brought.learned_elsewhere, brought.unscored)


def _facts(
    bars: pd.Index,
    scores: Mapping[str, MetricValue],
    learned_elsewhere: LearnedElsewhere | None,
    unscored: str = "",
) -> PredictionFacts:
    timestamps = bars.get_level_values("timestamp")
    # The rows that were scored, and not all labels there are.
    of_labels = {
        name: _number(scores, f"label_out_of_sample.{name}") for name in ("share_equal_to_sign", "breach_share")
    }
    return PredictionFacts(
        first_bar=pd.Timestamp(timestamps.min()).date(),
        last_bar=pd.Timestamp(timestamps.max()).date(),
        n_folds=_count(scores, "n_folds"),
        n_rows=_count(scores, "n_rows"),
        n_folds_at_base_rate=_count(scores, "n_folds_at_base_rate"),
        learned_elsewhere=learned_elsewhere,
        unscored=unscored,
        **of_labels,
        **{name: _number(scores, name) for name in _SCORES},
    )


def _count(figures: Mapping[str, MetricValue], name: str) -> int:
    return int(_number(figures, name) or 0)


def _number(figures: Mapping[str, MetricValue], name: str) -> float | None:
    value = figures.get(name)
    return float(value) if isinstance(value, (int, float)) else None
