"""The rows of one block of a fold, with all that fitting reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import TrainingError
from core.contracts.model import TrainingData
from core.engine.sample_weights import uniqueness_of_rows
from core.engine.splits import MIN_BLOCK_ROWS
from core.engine.stretches import stretches_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.contracts.model import ModelPlugin
    from core.engine.label_lives import LabelLives

__all__ = ["Block", "BlockPlace", "make_block", "usable_rows"]


@dataclass(frozen=True, eq=False)
class Block:
    """Rows that train, stop training or calibrate.

    Attributes
    ----------
    features : DataFrame
        The rows' own.
    target, label_end : Series
        Of their labels.
    payoff : ndarray of shape (n_rows,) or None
        Of their labels, where these have one.
    uniqueness : ndarray of shape (n_rows,)
        Average uniqueness of their labels among themselves, in (0, 1].
    stretch : ndarray of shape (n_rows,) or None
        Which stretch of bars each row lies in, where a test block parts them.
    """

    features: pd.DataFrame
    target: pd.Series
    label_end: pd.Series
    payoff: NDArray[np.float64] | None
    uniqueness: NDArray[np.float64]
    stretch: NDArray[np.int16] | None

    def data(self, *, is_weighted: bool) -> TrainingData:
        """Return the rows as a model takes them, weights scaled to mean 1."""
        import pandas as pd

        index, stretch, weight = self.target.index, None, None
        if self.stretch is not None:
            stretch = pd.Series(self.stretch, index=index, name="stretch", copy=False)
        if is_weighted:
            scaled = self.uniqueness / self.uniqueness.mean()
            weight = pd.Series(scaled, index=index, name="sample_weight", copy=False)
        return TrainingData(self.features, self.target, weight, self.label_end, stretch)


def usable_rows(model: ModelPlugin, features: pd.DataFrame, rows: NDArray[np.intp], where: str) -> NDArray[np.intp]:
    """Return the positions `rows` without those whose features the model cannot take.

    Raises
    ------
    TrainingError
        If fewer than MIN_BLOCK_ROWS are left.
    """
    if "missing_values" in model.capabilities:
        return rows
    is_missing = features.iloc[rows].isna()
    is_complete = ~is_missing.any(axis=1).to_numpy(dtype=bool)
    if is_complete.sum() < MIN_BLOCK_ROWS:
        raise TrainingError(
            f"Model {model.name!r} takes no missing features, and in {where} {int(is_complete.sum())} of "
            f"{len(rows)} rows have none missing; at least {MIN_BLOCK_ROWS} are needed. "
            f"{is_missing.sum().idxmax()!r} is missing most often. Raise splits.train_bars, shorten the features' "
            "windows, or use a model that takes missing values."
        )
    return rows[is_complete]


@dataclass(frozen=True, eq=False)
class BlockPlace:
    """Which rows a block is to have, and all that the lives of their labels say of them.

    Attributes
    ----------
    rows : ndarray of int
        Their positions among all rows.
    uniqueness, stretch : ndarray
        As `Block` has them.
    """

    rows: NDArray[np.intp]
    uniqueness: NDArray[np.float64]
    stretch: NDArray[np.int16] | None

    @classmethod
    def of(cls, lives: LabelLives, rows: NDArray[np.intp], edges: NDArray[np.intp]) -> BlockPlace:
        """Return what is known of the rows at positions `rows`; `edges` are those of their fold."""
        return cls(rows, uniqueness_of_rows(lives, rows), stretches_of(edges, lives, rows))


def make_block(features: pd.DataFrame, labels: pd.DataFrame, place: BlockPlace) -> Block:
    """Return the block at `place`, copied out of all rows; features and labels are of one index."""
    import pandas as pd

    payoff = labels["payoff"].to_numpy(dtype=np.float64)[place.rows] if "payoff" in labels else None
    taken = features.iloc[place.rows]
    # Column by column: whatever else is told about a label stays where it is. And one index for all of them.
    target, label_end = (
        pd.Series(labels[name].array.take(place.rows), index=taken.index, name=name, copy=False)
        for name in ("target", "label_end")
    )
    return Block(taken, target, label_end, payoff, place.uniqueness, place.stretch)
