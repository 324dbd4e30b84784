"""Prices without jumps at splits, made from what was known at each bar.

Prices that are not adjusted fall to a half at a 2:1 split, and a return, an average or a stop would take that for a
loss. Multiplying each bar by all splits so far mends it and looks at no later split; ratios of such prices are the same
as of prices adjusted backward.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.engine.own_bars import OwnBars, own_bars

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["split_continuous"]


def split_continuous(panel: pd.DataFrame, bars: OwnBars | None = None) -> pd.DataFrame:
    """Return the panel in shares of each ticker's first bar.

    Parameters
    ----------
    panel : DataFrame
        Index (timestamp, ticker), sorted. Where it has no column `split`, or no split in it, it is returned as it is.
    bars : OwnBars or None
        Of that panel, where the caller has them already.

    Returns
    -------
    DataFrame
        open, high, low, close and dividend times the product of the ticker's splits up to and with the bar; volume
        divided by it; other columns untouched.
    """
    if "split" not in panel.columns or (panel["split"] == 1.0).all():
        return panel
    bars = bars or own_bars(panel)
    splits_so_far = np.cumprod(bars.wide(panel["split"]), axis=0, dtype=np.float64)
    factor = bars.rows(splits_so_far)
    prices = {name: panel[name] * factor for name in ("open", "high", "low", "close", "dividend") if name in panel}
    volume = {"volume": panel["volume"] / factor} if "volume" in panel else {}
    return panel.assign(**prices, **volume)
