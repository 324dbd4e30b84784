"""Stretches of bars: where rows of a block lie on either side of another one, no history reaches across.

1. The first bar of each test run, and the first bar after it, are edges; where two test runs touch there is none.
2. A row's stretch is the number of edges up to its bar. Between two rows of a block with the same number lies no bar of
   a test block, and between two test rows no bar that is not tested.
3. A model that reads earlier rows is asked about one stretch after the other, every other model about all rows at once.

The calendar's bars decide, not the time between them: nights, weekends and holidays are no edges, and a test block of
two sessions of minutes is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.contracts.model import ModelPlugin
    from core.engine.label_lives import LabelLives

__all__ = ["answer_by_stretch", "edges_of_runs", "stretches_of"]


def edges_of_runs(runs: Sequence[tuple[int, int]]) -> NDArray[np.intp]:
    """Return the edges of runs of bars, each from its first bar up to, not with, its second; ascending and apart."""
    bars, counts = np.unique(np.asarray(runs, dtype=np.intp).reshape(-1), return_counts=True)
    edges: NDArray[np.intp] = bars[counts == 1]
    return edges


def stretches_of(edges: NDArray[np.intp], lives: LabelLives, rows: NDArray[np.intp]) -> NDArray[np.int16] | None:
    """Return the stretch of each row of a block, or None where all rows lie in one.

    Parameters
    ----------
    edges : ndarray of int
        Of the fold.
    lives : LabelLives
        Says each row's bar.
    rows : ndarray of int
        The block's positions among all rows.
    """
    if not len(edges) or not len(rows):
        return None
    # By bar first: there are fewer of them than rows.
    of_bar = np.searchsorted(edges, np.arange(lives.n_bars), side="right").astype(np.int16)
    found: NDArray[np.int16] = of_bar[lives.bar[rows]]
    return found if found.min() < found.max() else None


def answer_by_stretch(
    model: ModelPlugin, features: pd.DataFrame, stretch: pd.Series | NDArray[np.integer] | None
) -> pd.DataFrame:
    """Return what a model predicts of rows, no history of which reaches from one stretch into another.

    Parameters
    ----------
    model : ModelPlugin
        Trained.
    features : DataFrame of shape (n_rows, n_features)
        The rows.
    stretch : Series or ndarray of int of shape (n_rows,), or None
        Which stretch each row lies in, as `TrainingData.stretch` says it; None: all in one.

    Returns
    -------
    DataFrame
        As `ModelPlugin.predict` gives it, in the order of `features`.
    """
    import pandas as pd

    if stretch is None or "earlier_rows" not in model.capabilities or features.empty:
        return model.predict(features)
    numbers = np.asarray(stretch)
    parts = [np.flatnonzero(numbers == number) for number in np.unique(numbers)]
    answer = pd.concat([model.predict(features.iloc[part]) for part in parts])
    return answer.iloc[np.argsort(np.concatenate(parts))]
