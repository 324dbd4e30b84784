"""A line a key figure: how it came to be, in a few points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.ui.tear_sheet.thinning import thinned

if TYPE_CHECKING:
    import pandas as pd

    from core.services.tear_sheet import TearSheet

__all__ = ["spark_lines"]

_MOST_POINTS = 120


def spark_lines(sheet: TearSheet) -> dict[str, list[float]]:
    """Return points in time by the name of the figure that they explain, of the strategy; without what has none.

    Returns
    -------
    dict
        final_equity and total_return: equity; cagr: its logarithm, which even growth draws straight; max_drawdown: the
        drawdown; sharpe: the ratio of the last bars, as many as the sheet's window.
    """
    own = sheet.curves[sheet.curves["role"] == "strategy"]
    rolling = sheet.rolling[sheet.rolling["role"] == "strategy"]
    positive = own.assign(growth=np.log(own["equity"].where(own["equity"] > 0.0)))
    equity = _points(own, "equity")
    lines = {
        "cagr": _points(positive, "growth"),
        "sharpe": _points(rolling, "sharpe"),
        "max_drawdown": _points(own, "drawdown"),
        "final_equity": equity,
        "total_return": equity,
    }
    return {name: points for name, points in lines.items() if len(points) > 1}


def _points(table: pd.DataFrame, column: str) -> list[float]:
    whole = table[np.isfinite(table[column])]
    return [float(value) for value in thinned(whole, (column,), _MOST_POINTS)[column]]
