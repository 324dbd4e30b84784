"""Synthetic rows to train a model on, made from a seed."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from core.contracts.model import TrainingData
from core.testing.panels import make_panel

__all__ = ["make_training_data"]


def make_training_data(
    task: Literal["classification", "regression"], n_rows: int = 400, seed: int = 0, *, missing: float = 0.0
) -> TrainingData:
    """Return rows whose target follows from three of five features, with noise.

    Parameters
    ----------
    task : str
        "classification" gives the classes 0.0 and 1.0, about equally often.
    n_rows : int
        How many rows; two tickers share the bars.
    seed : int
        The same seed gives the same rows.
    missing : float
        Fraction of feature values that are NaN.
    """
    generator = np.random.default_rng(seed)
    index = make_panel((n_rows + 1) // 2, 2, seed=seed).index[:n_rows]
    values = generator.standard_normal((n_rows, 5))
    score = 1.5 * values[:, 0] - values[:, 1] + 0.5 * np.sin(2.0 * values[:, 2])
    noisy = score + 0.5 * generator.standard_normal(n_rows)
    target = (noisy > 0.0).astype(np.float64) if task == "classification" else 0.01 * noisy
    values[generator.random(values.shape) < missing] = np.nan
    columns = ["momentum_20", "momentum_5", "volatility_20", "drawdown_60", "weekday"]
    return TrainingData(
        pd.DataFrame(values, index=index, columns=columns), pd.Series(target, index=index, name="target")
    )
