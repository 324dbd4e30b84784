"""Prices out of returns: each ticker's begin at 100, and a bar opens where the one before closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from qlop.engine import BarRows

__all__ = ["turn_returns_into_prices"]

_FIRST_PRICE = 100.0


def turn_returns_into_prices(rows: BarRows, order: Literal["oldest_first", "newest_first"]) -> None:
    """Put open, high, low, close and volume in the place of the column returns; rows lie in the order of time."""
    import numpy as np

    growth = 1.0 + rows.columns.pop("returns")
    by_ticker = np.argsort(rows.assets, kind="stable")
    n_each = np.bincount(rows.assets, minlength=len(rows.tickers))
    opened = np.empty(len(rows))
    for own in np.split(by_ticker, np.cumsum(n_each)[:-1]):
        in_time = own if order == "oldest_first" else own[::-1]
        close = _FIRST_PRICE * np.cumprod(growth[in_time])
        opened[in_time] = np.append(_FIRST_PRICE, close[:-1])
        growth[in_time] = close
    rows.columns["open"], rows.columns["close"] = opened, growth
    rows.columns["high"], rows.columns["low"] = np.maximum(opened, growth), np.minimum(opened, growth)
    rows.columns["volume"] = np.zeros(len(rows))
