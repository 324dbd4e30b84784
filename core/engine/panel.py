"""The price panel, and the dense arrays that the engine computes on.

1. `check_panel` judges a panel once, at the door (see panel_checks.py for the promises it holds).
2. `panel_arrays` turns a checked panel into arrays of shape (n_bars, n_assets), copying each column once.
3. `PanelArrays.locate` maps a long index back onto those arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.base.errors import DataError
from core.engine.panel_checks import check_panel
from core.engine.panel_index import position_of_tickers, position_of_timestamps

__all__ = ["PanelArrays", "check_panel", "panel_arrays"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PanelArrays:
    """A panel as dense arrays: one row a bar, one column an asset.

    Attributes
    ----------
    timestamps : DatetimeIndex of shape (n_bars,)
        UTC, strictly increasing: every timestamp at which some ticker has a bar.
    tickers : tuple of str
        Sorted, one for each asset.
    open, high, low, close, volume : ndarray of shape (n_bars, n_assets)
        C-contiguous float64. NaN where the ticker has no bar.
    dividend : ndarray of shape (n_bars, n_assets)
        Cash on the ex-date for each share held once that bar's split is done. 0 elsewhere, and without the column.
    split : ndarray of shape (n_bars, n_assets)
        New shares for one old share, on the ex-date. 1 elsewhere, and without the column.
    risk_free_rate_annual : ndarray of shape (n_bars,)
        Known at that bar, as a fraction a year. NaN without the column.
    """

    timestamps: pd.DatetimeIndex
    tickers: tuple[str, ...]
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    dividend: FloatArray
    split: FloatArray
    risk_free_rate_annual: FloatArray

    @property
    def shape(self) -> tuple[int, int]:
        """(n_bars, n_assets)."""
        return len(self.timestamps), len(self.tickers)

    @cached_property
    def has_bar(self) -> NDArray[np.bool_]:
        """Where a ticker has a bar, of shape (n_bars, n_assets)."""
        return ~np.isnan(self.close)

    def locate(self, index: pd.MultiIndex) -> tuple[IntArray, IntArray]:
        """Return the bar position and the asset position of each entry of a (timestamp, ticker) index.

        `array[bars, assets]` reads the long form of an array; `array[bars, assets] = values` writes it.

        Raises
        ------
        DataError
            If the index names a timestamp or a ticker that the panel does not have.
        """
        bars = self.timestamps.get_indexer(index.levels[0])[index.codes[0]]
        assets = pd.Index(self.tickers).get_indexer(index.levels[1])[index.codes[1]]
        lost = np.flatnonzero((bars < 0) | (assets < 0) | (index.codes[0] < 0) | (index.codes[1] < 0))
        if len(lost):
            timestamp, ticker = index[int(lost[0])]
            raise DataError(
                f"{len(lost)} of {len(index)} rows are not in the panel, the first {ticker} at {timestamp}; the panel "
                f"holds {len(self.tickers)} tickers from {self.timestamps[0]} to {self.timestamps[-1]}. "
                "Use an index that was made from this panel."
            )
        return bars.astype(np.int64, copy=False), assets.astype(np.int64, copy=False)


def panel_arrays(panel: pd.DataFrame) -> PanelArrays:
    """Return a checked panel as dense arrays.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts; its own optional columns are left out.

    Returns
    -------
    PanelArrays
        Fresh arrays, owned by the caller.
    """
    bars, timestamps = position_of_timestamps(panel)
    assets, tickers = position_of_tickers(panel)
    scatter = _Scatter(bars * len(tickers) + assets, (len(timestamps), len(tickers)))
    return PanelArrays(
        timestamps=timestamps,
        tickers=tickers,
        open=scatter(panel, "open", np.nan),
        high=scatter(panel, "high", np.nan),
        low=scatter(panel, "low", np.nan),
        close=scatter(panel, "close", np.nan),
        volume=scatter(panel, "volume", np.nan),
        dividend=scatter(panel, "dividend", 0.0),
        split=scatter(panel, "split", 1.0),
        risk_free_rate_annual=_rate_by_bar(panel, bars, len(timestamps)),
    )


@dataclass(frozen=True)
class _Scatter:
    """Writes a long column into a dense array."""

    cells: IntArray
    shape: tuple[int, int]

    def __call__(self, panel: pd.DataFrame, column: str, absent: float) -> FloatArray:
        dense = np.full(self.shape[0] * self.shape[1], absent, dtype=np.float64)
        if column in panel.columns:
            dense[self.cells] = panel[column].to_numpy(dtype=np.float64)
        return dense.reshape(self.shape)


def _rate_by_bar(panel: pd.DataFrame, bars: IntArray, n_bars: int) -> FloatArray:
    rates = np.full(n_bars, np.nan)
    if "risk_free_rate_annual" in panel.columns:
        rates[bars] = panel["risk_free_rate_annual"].to_numpy(dtype=np.float64)
    return rates
