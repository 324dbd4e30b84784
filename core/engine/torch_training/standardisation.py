"""From features to a network's inputs, by the training rows alone.

1. A missing value becomes the median of its feature.
2. Every feature is centred and scaled; one without variance or without any value becomes 0, whatever comes later.
3. A feature that is missing in some training rows, not in all, is followed by an input of 1 where it is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Standardisation"]

_LEAST_VARIATION = 1e-12


class Standardisation(BaseModel):
    """What the training rows said about each feature.

    Attributes
    ----------
    medians, means, scales : tuple of float, one a feature
        The scale is the standard deviation, or 0 where the feature says nothing.
    indicated : tuple of int
        Positions of the features whose absence has an input of its own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    medians: tuple[float, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    indicated: tuple[int, ...]

    @model_validator(mode="after")
    def _parts_fit(self) -> Standardisation:
        n_features = len(self.medians)
        if not len(self.means) == len(self.scales) == n_features:
            raise ValueError(f"there are {n_features} medians, {len(self.means)} means, {len(self.scales)} scales")
        if not all(0 <= position < n_features for position in self.indicated):
            raise ValueError(f"indicated is {self.indicated}, and there are {n_features} features")
        return self

    @property
    def n_inputs(self) -> int:
        """How many inputs a network has."""
        return len(self.medians) + len(self.indicated)

    @classmethod
    def fit(cls, values: NDArray[np.float64]) -> Standardisation:
        """Return what the rows of `values`, shape (n_rows, n_features), NaN where missing, say."""
        is_missing = np.isnan(values)
        medians = [float(np.median(own[~gone])) if not gone.all() else 0.0 for own, gone in _columns(values)]
        filled = np.where(is_missing, medians, values)
        means, scales = filled.mean(axis=0), filled.std(axis=0)
        varies = scales > _LEAST_VARIATION * np.maximum(np.abs(means), np.finfo(np.float64).tiny)
        indicated = np.flatnonzero(is_missing.any(axis=0) & ~is_missing.all(axis=0))
        return cls(
            medians=tuple(medians),
            means=tuple(means.tolist()),
            scales=tuple(np.where(varies, scales, 0.0).tolist()),
            indicated=tuple(indicated.tolist()),
        )

    def apply(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the inputs of a network, shape (n_rows, n_inputs), for `values` of shape (n_rows, n_features)."""
        is_missing = np.isnan(values)
        scales = np.asarray(self.scales)
        counts = scales > 0.0
        filled = np.where(is_missing, self.medians, values)
        # What says nothing is set to 0 and not multiplied by it: a value of any size stays out.
        standardised = np.where(counts, (filled - self.means) / np.where(counts, scales, 1.0), 0.0)
        return np.concatenate((standardised, is_missing[:, list(self.indicated)]), axis=1, dtype=np.float64)


def _columns(values: NDArray[np.float64]) -> list[tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    return [(column, np.isnan(column)) for column in values.T]
