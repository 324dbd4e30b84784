"""A feature pipeline that tells when a model would learn from columns without a value.

1. A column that is NaN on every row that the first fold may train on is named, once.
2. Where all columns are so, there is nothing to learn from: an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.engine.features import FeaturePipeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.config.sections import SplitsConfig
    from core.contracts.feature_step import FeatureStepPlugin

__all__ = ["WatchedPipeline", "rows_trained_first"]


class WatchedPipeline(FeaturePipeline):
    """Feature steps in their order, their result looked at before a model sees it.

    Parameters
    ----------
    steps : sequence of FeatureStepPlugin
        As FeaturePipeline takes them.
    training_rows : ndarray of bool
        Which rows of the panel are trained on; with none of them nothing is looked at.
    warn : callable
        Takes a sentence.
    """

    def __init__(
        self, steps: Sequence[FeatureStepPlugin], training_rows: NDArray[np.bool_], warn: Callable[[str], None]
    ) -> None:
        super().__init__(steps)
        self._training_rows = training_rows
        self._warn = warn
        self._told: set[str] = set()

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return all feature columns as FeaturePipeline does, and tell which have no value to learn from.

        Raises
        ------
        DataError
            If none has any, or as FeaturePipeline raises it.
        """
        features = super().transform(data)
        if not self._training_rows.any():
            return features
        empty = features.columns[features[self._training_rows].isna().all().to_numpy(dtype=bool)]
        n_rows = int(self._training_rows.sum())
        if len(empty) == features.shape[1]:
            raise DataError(
                f"features: none of the {len(empty)} columns ({', '.join(empty[:5])}{' ...' * (len(empty) > 5)}) has a "
                f"value on any of the first {n_rows} rows to train on. Shorten the features' windows, raise "
                "splits.train_bars, or load more history before the first prediction."
            )
        for name in empty:
            if name not in self._told:
                self._told.add(name)
                self._warn(
                    f"Feature {name!r} has no value on any of the first {n_rows} rows to train on; shorten its window "
                    "or raise splits.train_bars"
                )
        return features


def rows_trained_first(labels: pd.DataFrame, splits: SplitsConfig) -> NDArray[np.bool_]:
    """Return which rows the first fold may train on: labelled ones, before its test block where it walks forward.

    Parameters
    ----------
    labels : DataFrame of shape (n_rows, ...)
        Index (timestamp, ticker), with `target`.
    splits : SplitsConfig
        The config's.
    """
    is_labelled: NDArray[np.bool_] = labels["target"].notna().to_numpy(dtype=bool)
    if splits.scheme != "walk_forward":
        return is_labelled
    timestamps = labels.index.get_level_values("timestamp")
    bars = pd.DatetimeIndex(timestamps.unique()).sort_values()
    if len(bars) <= splits.train_bars:
        return is_labelled
    return is_labelled & np.asarray(timestamps < bars[splits.train_bars])
