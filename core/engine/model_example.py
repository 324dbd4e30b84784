"""Example rows that travel with a model, so that any copy of it can be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EXAMPLE_ROWS", "example_rows"]

EXAMPLE_ROWS = 64


def example_rows(features: pd.DataFrame, *, accepts_missing: bool) -> pd.DataFrame:
    """Return up to EXAMPLE_ROWS rows, evenly spaced over the history, chosen without randomness.

    Parameters
    ----------
    features : DataFrame of shape (n_rows, n_features)
        All rows that the model may be asked about.
    accepts_missing : bool
        Whether the model takes missing features. If so, in every fourth row one feature, in turn, is made missing; if
        not, rows with missing features are passed over.
    """
    rows = np.flatnonzero(features.notna().all(axis=1).to_numpy(dtype=bool))
    if accepts_missing and not len(rows):
        rows = np.arange(len(features))
    positions = np.unique(np.linspace(0, len(rows) - 1, min(EXAMPLE_ROWS, len(rows))).round().astype(np.intp))
    chosen = features.iloc[rows[positions]].copy()
    if accepts_missing:
        for turn, row in enumerate(range(0, len(chosen), 4)):
            chosen.iloc[row, turn % chosen.shape[1]] = np.nan
    return chosen
