"""The rows of one block of a fold, with all that fitting reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.base.errors import TrainingError
from core.contracts.model import TrainingData
from core.engine.sample_weights import uniqueness_of_rows
from core.engine.splits import MIN_BLOCK_ROWS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from core.contracts.model import ModelPlugin
    from core.engine.label_lives import LabelLives

__all__ = ["Block", "make_block"]


@dataclass(frozen=True, eq=False)
class Block:
    """Rows that train, stop training or calibrate.

    Attributes
    ----------
    features, labels : DataFrame
        The rows' own.
    uniqueness : ndarray of shape (n_rows,)
        Average uniqueness of their labels among themselves, in (0, 1].
    """

    features: pd.DataFrame
    labels: pd.DataFrame
    uniqueness: NDArray[np.float64]

    def data(self, *, is_weighted: bool) -> TrainingData:
        """Return the rows as a model takes them, weights scaled to mean 1."""
        import pandas as pd

        target = self.labels["target"]
        weight = pd.Series(self.uniqueness / self.uniqueness.mean(), index=target.index, name="sample_weight")
        return TrainingData(self.features, target, weight if is_weighted else None, self.labels["label_end"])


def make_block(
    model: ModelPlugin,
    features: pd.DataFrame,
    labels: pd.DataFrame,
    lives: LabelLives,
    rows: NDArray[np.intp],
    where: str,
) -> Block:
    """Return the block at positions `rows`, without rows whose features the model cannot take.

    Raises
    ------
    TrainingError
        If fewer than MIN_BLOCK_ROWS are left.
    """
    own = features.iloc[rows]
    if "missing_values" not in model.capabilities:
        is_missing = own.isna()
        is_complete = ~is_missing.any(axis=1).to_numpy(dtype=bool)
        if is_complete.sum() < MIN_BLOCK_ROWS:
            raise TrainingError(
                f"Model {model.name!r} takes no missing features, and in {where} {int(is_complete.sum())} of "
                f"{len(rows)} rows have none missing; at least {MIN_BLOCK_ROWS} are needed. "
                f"{is_missing.sum().idxmax()!r} is missing most often. Raise splits.train_bars, shorten the features' "
                "windows, or use a model that takes missing values."
            )
        rows, own = rows[is_complete], own[is_complete]
    return Block(own, labels.iloc[rows], uniqueness_of_rows(lives, rows))
