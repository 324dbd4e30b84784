"""What a service sends, checked before it is kept: a bar that is refused today is asked for again tomorrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["sound_bars"]


def sound_bars(bars: pd.DataFrame, ticker: str, origin: str) -> pd.DataFrame:
    """Return one ticker's bars as they are.

    Raises
    ------
    DataError
        If they break a promise of the price panel.
    """
    import pandas as pd
    from qlop.engine import panel_from_rows

    if len(bars):
        panel_from_rows(
            bars.assign(ticker=pd.Series(ticker, index=bars.index, dtype="str")),
            origin=origin,
            origin_of_row=lambda row: f"{origin}, {ticker} at {bars['timestamp'].iloc[row]}",
        )
    return bars
