"""Synthetic rows to train a model on, made from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from core.contracts.model import TrainingData
from core.testing.panels import make_panel

__all__ = ["make_training_data", "make_weighted_rows"]


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


def make_weighted_rows(
    n_rows: int = 600,
    n_classes: int = 2,
    seed: int = 1,
    *,
    columns: Sequence[str] = ("a", "b", "c", "noise"),
    missing_above: float = 2.2,
) -> TrainingData:
    """Return rows of one ticker, with sample weights, whose target follows from the first two of four features.

    Parameters
    ----------
    n_rows : int
        How many, a day each.
    n_classes : int
        0 gives a value; 2 the classes 0 and 1; more begin at -1. All are about equally often.
    seed : int
        The same seed gives the same rows.
    columns : sequence of str
        The features' names.
    missing_above : float
        Larger feature values are NaN.
    """
    random = np.random.default_rng(seed)
    timestamps = pd.date_range("2020-01-01", periods=n_rows, tz="UTC")
    index = pd.MultiIndex.from_product([timestamps, ["AAPL"]], names=["timestamp", "ticker"])
    values = random.normal(size=(n_rows, len(columns)))
    values[values > missing_above] = np.nan
    features = pd.DataFrame(values, index=index, columns=list(columns))
    score = np.nan_to_num(values[:, 0]) + 0.5 * np.nan_to_num(values[:, 1]) + random.normal(0, 0.7, n_rows)
    target = pd.qcut(score, n_classes, labels=False) - (n_classes > 2) if n_classes else score
    weight = pd.Series(random.uniform(0.5, 1.5, n_rows), index=index)
    return TrainingData(features, pd.Series(target, index=index, dtype="float64"), weight)
