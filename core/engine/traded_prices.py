"""The bars of the tickers that a backtest traded, kept beside its books so that trades can be drawn on their prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.engine.panel_index import position_of_tickers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["traded_prices"]

_COLUMNS = ("open", "high", "low", "close", "volume")


def traded_prices(panel: pd.DataFrame, fills: pd.DataFrame, *, has_splits: bool) -> pd.DataFrame:
    """Return what the ledger saw of each ticker that was filled at least once.

    Parameters
    ----------
    panel : DataFrame
        The simulated panel, index (timestamp, ticker).
    fills : DataFrame
        As in BacktestResult.
    has_splits : bool
        Whether the ledger applied splits (adjustment "raw").

    Returns
    -------
    DataFrame
        timestamp, ticker, open, high, low, close, volume, and split where splits were applied and the panel has
        them; by ticker, then by time. Empty where nothing was filled.
    """
    assets, tickers = position_of_tickers(panel)
    is_filled = np.isin(np.array(tickers, dtype=object), fills["ticker"].unique().astype(object))
    rows = np.flatnonzero(is_filled[assets])
    rows = rows[np.argsort(assets[rows], kind="stable")]
    columns = [*_COLUMNS, "split"] if has_splits and "split" in panel else list(_COLUMNS)
    return panel[columns].iloc[rows].reset_index()
