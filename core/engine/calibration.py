"""From a model's score to a probability that can be relied on.

1. Scores that are probabilities enter Platt's map as log-odds, others as they are.
2. Platt: p = 1 / (1 + exp(-(slope x + intercept))), by Newton's method on targets smoothed by the effective counts.
   A block where higher scores did not win gets slope 0: its base rate, for every score.
3. Isotonic: the weighted non-decreasing step fit, read by linear interpolation, kept off 0 and 1 by 1 / (n + 2).
4. "auto" is isotonic from 1,000 effective rows and Platt below.

Sources: Platt (1999), Probabilistic outputs for support vector machines; Lin, Lin and Weng (2007), A note on Platt's
probabilistic outputs; Zadrozny and Elkan (2002), Transforming classifier scores into accurate probability estimates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.base.errors import DataError, TrainingError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["ISOTONIC_EFFECTIVE_ROWS", "LOWEST_PROBABILITY", "Calibrator"]

ISOTONIC_EFFECTIVE_ROWS = 1_000
LOWEST_PROBABILITY = 1e-7
_LARGEST_GRADIENT = 1e-10
_NEWTON_STEPS = 100

CalibrationKind = Literal["identity", "platt", "isotonic"]
ScoreScale = Literal["probability", "value"]


@dataclass(frozen=True)
class Calibrator:
    """A non-decreasing map from scores to the probability of a yes.

    Attributes
    ----------
    kind : str
        "identity", "platt" or "isotonic".
    scale : str
        "probability": scores are in [0, 1], and Platt sees their log-odds. "value": any number, seen as it is.
    slope, intercept : float
        Platt's two numbers.
    scores, probabilities : tuple of float
        The isotonic map's knots, both non-decreasing.
    effective_rows : float
        The weight that the map was fitted on.
    """

    kind: CalibrationKind = "identity"
    scale: ScoreScale = "probability"
    slope: float = 1.0
    intercept: float = 0.0
    scores: tuple[float, ...] = ()
    probabilities: tuple[float, ...] = ()
    effective_rows: float = 0.0

    @classmethod
    def fit(
        cls,
        scores: ArrayLike,
        outcomes: ArrayLike,
        *,
        method: Literal["auto", "platt", "isotonic"] = "auto",
        weights: ArrayLike | None = None,
        effective_rows: float | None = None,
        scale: ScoreScale = "probability",
    ) -> Calibrator:
        """Fit a map on rows that the model did not learn from.

        Parameters
        ----------
        scores : array of shape (n_rows,)
            The model's scores, finite.
        outcomes : array of shape (n_rows,), bool
            What happened.
        method : str
            "auto" chooses by `effective_rows`.
        weights : array of shape (n_rows,) or None
            Positive; average uniqueness where labels overlap (not scaled: their sum smooths Platt's targets).
        effective_rows : float or None
            Effective sample size; the sum of the weights by default.
        scale : str
            What the scores are.

        Raises
        ------
        TrainingError
            If there are no rows, a score is not finite, or all outcomes are equal.
        """
        x = _positions(np.asarray(scores, dtype=np.float64), scale)
        yes = np.asarray(outcomes, dtype=bool)
        weight = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=np.float64)
        if not np.isfinite(x).all():
            raise TrainingError(f"Calibration got {int((~np.isfinite(x)).sum())} scores that are not finite numbers.")
        if yes.all() or not yes.any():
            raise TrainingError(
                f"Calibration needs both outcomes; all {len(yes)} rows of the block are {bool(yes[:1].any())}."
            )
        effective = float(weight.sum()) if effective_rows is None else effective_rows
        if method == "isotonic" or (method == "auto" and effective >= ISOTONIC_EFFECTIVE_ROWS):
            knots, probabilities = _isotonic(np.asarray(scores, dtype=np.float64), yes, weight)
            return cls("isotonic", scale, scores=knots, probabilities=probabilities, effective_rows=effective)
        slope, intercept = _platt(x, yes, weight)
        return cls("platt", scale, slope, intercept, effective_rows=effective)

    @property
    def is_constant(self) -> bool:
        """Whether every score becomes the same probability: those that it was fitted on told nothing."""
        return self.slope == 0.0 if self.kind == "platt" else len(set(self.probabilities)) == 1

    def apply(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Return probabilities of the shape of `scores`; NaN stays NaN."""
        values = np.asarray(scores, dtype=np.float64)
        if self.kind == "identity":
            return values.copy()
        if self.kind == "platt":
            return _sigmoid(self.slope * _positions(values, self.scale) + self.intercept)
        bound = 1.0 / (self.effective_rows + 2.0)
        probabilities = np.interp(values, self.scores, self.probabilities).clip(bound, 1.0 - bound)
        return np.where(np.isnan(values), np.nan, probabilities)

    def to_json(self) -> dict[str, object]:
        """Return plain JSON values; `from_json` restores the very same map from their text."""
        return {**asdict(self), "scores": list(self.scores), "probabilities": list(self.probabilities)}

    @classmethod
    def from_json(cls, value: object) -> Calibrator:
        """Restore what `to_json` gave.

        Raises
        ------
        DataError
            If the value is not of that form, or its map would decrease.
        """
        if not isinstance(value, Mapping) or set(value) != set(cls.__dataclass_fields__):
            raise DataError(f"A calibrator has the fields {sorted(cls.__dataclass_fields__)}; found {value!r:.200}.")
        knots, probabilities = _numbers(value["scores"]), _numbers(value["probabilities"])
        slope, intercept, rows = _numbers([value["slope"], value["intercept"], value["effective_rows"]])
        is_known = value["kind"] in {"identity", "platt", "isotonic"} and value["scale"] in {"probability", "value"}
        has_knots = len(knots) == len(probabilities) and bool(knots) == (value["kind"] == "isotonic")
        rises = slope >= 0 and list(knots) == sorted(knots) and list(probabilities) == sorted(probabilities)
        if not (is_known and has_knots and rises):
            raise DataError(f"The calibrator is not one that QLOP writes: {value!r:.200}.")
        return cls(value["kind"], value["scale"], slope, intercept, knots, probabilities, rows)


def _numbers(values: object) -> tuple[float, ...]:
    if not isinstance(values, list) or not all(isinstance(v, int | float) and np.isfinite(v) for v in values):
        raise DataError(f"A calibrator's numbers are a list of finite numbers; found {values!r:.200}.")
    return tuple(float(v) for v in values)


def _positions(scores: NDArray[np.float64], scale: ScoreScale) -> NDArray[np.float64]:
    if scale == "value":
        return scores
    inside = scores.clip(LOWEST_PROBABILITY, 1.0 - LOWEST_PROBABILITY)
    log_odds: NDArray[np.float64] = np.log(inside) - np.log1p(-inside)
    return log_odds


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0 / (1.0 + small), small / (1.0 + small))


def _isotonic(
    scores: NDArray[np.float64], yes: NDArray[np.bool_], weight: NDArray[np.float64]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    from scipy.optimize import isotonic_regression

    knots, group = np.unique(scores, return_inverse=True)
    total = np.bincount(group, weights=weight)
    share = np.bincount(group, weights=weight * yes) / total
    fitted = isotonic_regression(share, weights=total).x
    is_edge = np.r_[True, np.diff(fitted) != 0] | np.r_[np.diff(fitted) != 0, True]
    return tuple(knots[is_edge].tolist()), tuple(np.maximum.accumulate(fitted[is_edge]).clip(0.0, 1.0).tolist())


def _platt(x: NDArray[np.float64], yes: NDArray[np.bool_], weight: NDArray[np.float64]) -> tuple[float, float]:
    count_yes, count_no = float(weight[yes].sum()), float(weight[~yes].sum())
    target = np.where(yes, (count_yes + 1.0) / (count_yes + 2.0), 1.0 / (count_no + 2.0))
    center = float(np.average(x, weights=weight))
    spread = float(np.sqrt(np.average((x - center) ** 2, weights=weight)))
    base = float(np.average(target, weights=weight))
    flat = float(np.log(base) - np.log1p(-base))
    if spread <= np.finfo(np.float64).eps * max(1.0, abs(center)):
        return 0.0, flat
    slope, intercept = _newton((x - center) / spread, target, weight / weight.sum(), flat)
    if slope <= 0.0:
        return 0.0, flat
    return slope / spread, intercept - slope * center / spread


def _newton(
    z: NDArray[np.float64], target: NDArray[np.float64], weight: NDArray[np.float64], intercept: float
) -> tuple[float, float]:
    """Minimise the weighted cross-entropy over (slope, intercept); halve a step that does not lower it."""
    point = np.array([0.0, intercept])
    design = np.column_stack((z, np.ones_like(z)))
    loss = _cross_entropy(design @ point, target, weight)
    for _ in range(_NEWTON_STEPS):
        p = _sigmoid(design @ point)
        gradient = design.T @ (weight * (p - target))
        if np.abs(gradient).max() < _LARGEST_GRADIENT:
            break
        hessian = (design * (weight * p * (1.0 - p))[:, None]).T @ design + 1e-12 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while size > 1e-10:
            trial = _cross_entropy(design @ (point - size * step), target, weight)
            if trial <= loss:
                break
            size /= 2.0
        else:
            break
        point, loss = point - size * step, trial
    return float(point[0]), float(point[1])


def _cross_entropy(x: NDArray[np.float64], target: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    return float(weight @ (np.logaddexp(0.0, x) - target * x))
