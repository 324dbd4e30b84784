"""Returns of calendar months and years, from the returns of bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["monthly_returns"]

MONTHS = tuple(range(1, 13))


def monthly_returns(returns: pd.Series) -> pd.DataFrame:
    """Return the compounded return of each month, and of each year.

    A month holds the bars whose timestamps (UTC) lie in it; the first and the last may be parts of one.

    Parameters
    ----------
    returns : Series of shape (n_bars,)
        Simple returns by timestamp, as `curve_returns` gives them; never NaN.

    Returns
    -------
    DataFrame of shape (n_years, 13)
        Index: year. Columns: 1 to 12 and "year"; fractions, NaN where a month has no bar.
    """
    import pandas as pd

    timestamps = pd.DatetimeIndex(returns.index)
    growth = pd.DataFrame({"year": timestamps.year, "month": timestamps.month, "growth": 1.0 + returns.to_numpy()})
    months = growth.groupby(["year", "month"])["growth"].prod() - 1.0
    table = months.unstack("month").reindex(columns=list(MONTHS)).astype(np.float64)
    table["year"] = growth.groupby("year")["growth"].prod() - 1.0
    return table.rename_axis(index=None, columns=None)
