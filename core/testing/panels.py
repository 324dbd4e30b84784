"""Synthetic price panels, made from a seed."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["make_panel"]


def make_panel(
    n_bars: int = 300,
    n_tickers: int = 3,
    seed: int = 0,
    *,
    missing: float = 0.0,
    staggered: bool = False,
    risk_free_rate_annual: float | None = 0.03,
) -> pd.DataFrame:
    """Return a daily price panel of random walks.

    Parameters
    ----------
    n_bars, n_tickers : int
        Its size; tickers are T00, T01 ...
    seed : int
        The same seed gives the same panel.
    missing : float
        Fraction of bars that are absent, never a ticker's first or last.
    staggered : bool
        Whether the second ticker starts late and the third ends early.
    risk_free_rate_annual : float or None
        Level about which the rate wanders; None leaves the column out.

    Returns
    -------
    DataFrame
        Index (timestamp, ticker) from Monday 2015-01-05 on, weekdays at 00:00 UTC; columns open, high, low, close and
        volume, float64, and risk_free_rate_annual.
    """
    generator = np.random.default_rng(seed)
    timestamps = pd.bdate_range("2015-01-05", periods=n_bars, tz="UTC", name="timestamp").as_unit("us")
    tickers = pd.Index([f"T{number:02d}" for number in range(n_tickers)], dtype="str", name="ticker")
    shape = (n_bars, n_tickers)
    volatility = 0.01 * np.exp(0.3 * np.sin(np.arange(n_bars) / 20.0))[:, None] * np.linspace(0.8, 1.6, n_tickers)
    close = 50.0 * np.exp(np.cumsum(0.0003 + volatility * generator.standard_normal(shape), axis=0))
    earlier = np.vstack([np.full((1, n_tickers), 50.0), close[:-1]])
    opened = earlier * np.exp(0.3 * volatility * generator.standard_normal(shape))
    above, below = np.abs(generator.standard_normal((2, *shape))) * 0.5 * volatility
    columns = {
        "open": opened,
        "high": np.maximum(opened, close) * np.exp(above),
        "low": np.minimum(opened, close) * np.exp(-below),
        "close": close,
        "volume": np.round(1e6 * np.exp(0.3 * generator.standard_normal(shape))),
    }
    if risk_free_rate_annual is not None:
        wander = np.cumsum(1e-4 * generator.standard_normal(n_bars))
        columns["risk_free_rate_annual"] = np.repeat((risk_free_rate_annual + wander)[:, None], n_tickers, axis=1)
    index = pd.MultiIndex.from_product([timestamps, tickers])
    panel = pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index=index)
    return panel[_is_there(shape, generator, missing, staggered).ravel()]


def _is_there(
    shape: tuple[int, int], generator: np.random.Generator, missing: float, staggered: bool
) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    is_there = generator.random(shape) >= missing
    is_there[[0, -1], :] = True
    if staggered and shape[1] > 1:
        is_there[: shape[0] // 3, 1] = False
    if staggered and shape[1] > 2:
        is_there[-shape[0] // 6 :, 2] = False
    return is_there
