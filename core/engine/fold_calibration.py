"""The maps that a fold fits on its calibration rows.

1. Score to probability of each class: one map for two classes, one for each class against the rest from three up.
2. Score to P(payoff > 0), by Platt; the average gain and the average loss come from the training rows.
3. A block with a single outcome cannot be learned from: its map is left out, and the log says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.engine.calibration import Calibrator
from core.engine.fitted_model import FittedModel, PayoffMap, predict_raw
from core.engine.model_columns import probability_column

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.engine.fold_block import Block
    from core.engine.training_task import TrainingTask

__all__ = ["LearnedPayoff", "calibrated"]


@dataclass(frozen=True)
class LearnedPayoff:
    """What the payoffs of the training rows were.

    Attributes
    ----------
    n_gains, n_losses : int
        Rows that paid, and rows that did not.
    gain, loss : float
        E[X | X > 0] and E[-X | X <= 0] of the payoff X; NaN where there are none.
    """

    n_gains: int
    n_losses: int
    gain: float
    loss: float

    @classmethod
    def of(cls, block: Block) -> LearnedPayoff:
        """Return that of a block; nothing where its labels have no payoff."""
        payoff = np.empty(0) if block.payoff is None else block.payoff
        gains, losses = payoff[payoff > 0], -payoff[payoff <= 0]
        gain, loss = (float(part.mean()) if len(part) else np.nan for part in (gains, losses))
        return cls(len(gains), len(losses), gain, loss)


def calibrated(
    task: TrainingTask, fitted: FittedModel, learned: LearnedPayoff, block: Block, fold: int | None
) -> FittedModel:
    """Return `fitted` with its maps, fitted on `block`, rows that the model has not seen.

    Parameters
    ----------
    task : TrainingTask
        What to calibrate, and whom to warn.
    fitted : FittedModel
        The trained model, without maps.
    learned : LearnedPayoff
        Of the training rows.
    block : Block
        The calibration rows.
    fold : int or None
        For the log; None in the final fit.
    """
    raw = predict_raw(fitted.model, block.features, block.stretch)
    if task.calibrates:
        fitted = replace(fitted, calibrators=_probability_maps(task, fitted, raw, block, fold))
    if task.maps_payoff:
        fitted = replace(fitted, payoff=_payoff_map(task, fitted, raw, learned, block, fold))
    return fitted


def _probability_maps(
    task: TrainingTask, fitted: FittedModel, raw: pd.DataFrame, block: Block, fold: int | None
) -> tuple[Calibrator, ...]:
    target = block.target.to_numpy(dtype=np.float64)
    missing = sorted(set(fitted.classes) - set(target.tolist()))
    if missing:
        task.report.log(
            "The calibration block lacks a class: the model's own probabilities are used",
            level="warning",
            fold=fold,
            missing_class=missing[0],
            rows=len(target),
        )
        return ()
    method = task.model.calibration
    if method == "off":
        return ()
    separated = fitted.classes[1:] if len(fitted.classes) == 2 else fitted.classes
    return tuple(
        Calibrator.fit(
            raw[probability_column(label)].to_numpy(dtype=np.float64),
            target == label,
            method=method,
            weights=_weights(task, block),
            effective_rows=float(block.uniqueness.sum()),
        )
        for label in separated
    )


def _payoff_map(
    task: TrainingTask, fitted: FittedModel, raw: pd.DataFrame, learned: LearnedPayoff, block: Block, fold: int | None
) -> PayoffMap | None:
    earned = np.empty(0) if block.payoff is None else block.payoff
    is_known = ~np.isnan(earned)
    is_paid = earned[is_known] > 0
    if not learned.n_gains or not learned.n_losses or is_paid.all() or not is_paid.any():
        task.report.log(
            "Payoffs of one sign only: no payoff probability is given",
            level="warning",
            fold=fold,
            training_gains=learned.n_gains,
            training_losses=learned.n_losses,
            calibration_gains=int(is_paid.sum()),
            calibration_losses=int((~is_paid).sum()),
        )
        return None
    score, scale = fitted.score(raw)
    weights = _weights(task, block)
    calibrator = Calibrator.fit(
        score[is_known],
        is_paid,
        method="platt",
        weights=None if weights is None else weights[is_known],
        effective_rows=float(block.uniqueness[is_known].sum()),
        scale=scale,
    )
    return PayoffMap(calibrator, learned.gain, learned.loss)


def _weights(task: TrainingTask, block: Block) -> NDArray[np.float64] | None:
    return block.uniqueness if task.model.sample_weights == "uniqueness" else None
