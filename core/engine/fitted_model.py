"""A trained model with everything that turns its scores into predictions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.base.errors import DataError
from core.engine.calibration import Calibrator
from core.engine.model_columns import probability_column
from core.engine.stretches import answer_by_stretch

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.contracts.model import ModelPlugin

__all__ = ["FittedModel", "PayoffMap", "predict_raw"]


@dataclass(frozen=True)
class PayoffMap:
    """From a model's score to what sizing needs.

    Attributes
    ----------
    calibrator : Calibrator
        Score to P(payoff > 0), fitted on calibration rows.
    gain, loss : float
        E[X | X > 0] and E[-X | X <= 0] of the payoff X over the training rows.
    """

    calibrator: Calibrator
    gain: float
    loss: float


@dataclass(frozen=True, eq=False)
class FittedModel:
    """A trained model and its calibration.

    Attributes
    ----------
    model : ModelPlugin
        Trained.
    task : str
        "classification" or "regression".
    feature_columns : tuple of str
        What it was trained on, in order.
    classes : tuple of float
        The target's classes, ascending; empty for a regression.
    calibrators : tuple of Calibrator
        Empty where probabilities are the model's own. One, for the higher class, where there are two classes; otherwise
        one for each class against the rest, and probabilities are scaled to sum 1.
    payoff : PayoffMap or None
        None where the labels have no payoff.
    """

    model: ModelPlugin
    task: Literal["classification", "regression"]
    feature_columns: tuple[str, ...]
    classes: tuple[float, ...] = ()
    calibrators: tuple[Calibrator, ...] = ()
    payoff: PayoffMap | None = None

    @property
    def is_at_base_rate(self) -> bool:
        """Whether calibration left it at the base rate, so that all rows get the same probabilities."""
        return bool(self.calibrators) and all(calibrator.is_constant for calibrator in self.calibrators)

    def uncalibrated(self) -> FittedModel:
        """Return the same model without any map behind it: what it predicts are its own scores."""
        return replace(self, calibrators=(), payoff=None)

    def predict(self, features: pd.DataFrame, stretch: NDArray[np.integer] | None = None) -> pd.DataFrame:
        """Return calibrated predictions on the index of `features`.

        Parameters
        ----------
        features : DataFrame of shape (n_rows, n_features)
            The columns trained on, in order.
        stretch : ndarray of shape (n_rows,), optional
            As `TrainingData.stretch` says it, for a model that reads earlier rows; by default all rows are of one.

        Returns
        -------
        DataFrame
            `prediction` (the likeliest class after calibration, or the value), `probability_<class>`, and with a payoff
            map `payoff_probability`, `payoff_gain`, `payoff_loss`. NaN in a row with missing features where the model
            cannot take them.

        Raises
        ------
        DataError
            If the columns are not those trained on.
        """
        raw = predict_raw(self.model, features, stretch)
        predictions = self._calibrated(raw)
        if self.payoff is not None:
            score, _ = self.score(raw)
            predictions["payoff_probability"] = self.payoff.calibrator.apply(score)
            predictions["payoff_gain"] = self.payoff.gain
            predictions["payoff_loss"] = self.payoff.loss
        return predictions

    def score(self, raw: pd.DataFrame) -> tuple[NDArray[np.float64], Literal["probability", "value"]]:
        """Return one uncalibrated number a row (the top class's probability, or the value), and its scale."""
        if self.task == "regression":
            return raw["prediction"].to_numpy(dtype=np.float64), "value"
        return raw[probability_column(self.classes[-1])].to_numpy(dtype=np.float64), "probability"

    def _calibrated(self, raw: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        if self.task == "regression":
            return raw[["prediction"]].astype(np.float64)
        columns = [probability_column(label) for label in self.classes]
        probabilities = self._probabilities(raw[columns].to_numpy(dtype=np.float64))
        likeliest = np.asarray(self.classes)[-1 - np.argmax(probabilities[:, ::-1], axis=1)]
        prediction = np.where(np.isnan(probabilities).any(axis=1), np.nan, likeliest)
        frame = pd.DataFrame(probabilities, index=raw.index, columns=columns)
        frame.insert(0, "prediction", prediction)
        return frame

    def _probabilities(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        if not self.calibrators:
            return raw
        if len(self.classes) == 2:
            higher = self.calibrators[0].apply(raw[:, 1])
            return np.column_stack((1.0 - higher, higher))
        apart = np.column_stack([c.apply(raw[:, k]) for k, c in enumerate(self.calibrators)])
        scaled: NDArray[np.float64] = apart / apart.sum(axis=1, keepdims=True)
        return scaled


def predict_raw(model: ModelPlugin, features: pd.DataFrame, stretch: NDArray[np.integer] | None = None) -> pd.DataFrame:
    """Return a model's own predictions; NaN in rows with missing features where the model cannot take them.

    A model that reads earlier rows does not see such a row: it is passed over, in training as here.

    Raises
    ------
    DataError
        If the model's answer is not on the index of `features`.
    """
    complete = features
    if "missing_values" not in model.capabilities:
        is_complete = features.notna().all(axis=1)
        complete = features[is_complete]
        stretch = None if stretch is None else stretch[is_complete.to_numpy(dtype=bool)]
    answer = answer_by_stretch(model, complete, stretch)
    if not answer.index.equals(complete.index):
        raise DataError(f"Model {model.name!r} returned predictions on another index than the features'.")
    return answer if len(complete) == len(features) else answer.reindex(features.index)
