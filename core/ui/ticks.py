"""Ticks of an axis: decimals that tell one from the next, and none between two bars."""

from __future__ import annotations

from math import floor, log10
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["bar_ticks", "percent_ticks"]

_TICKS = 5
_MOST_DECIMALS = 4
_FEW_BARS = 8
_DAY_MS = 86_400_000.0


def percent_ticks(values: pd.Series, *, is_from_zero: bool = False) -> str:
    """Return Plotly's format of a percentage with as many decimals as ticks over the range of `values` need.

    Parameters
    ----------
    values : Series of shape (n_bars,)
        Fractions; what is not finite is passed over.
    is_from_zero : bool
        Whether the axis begins at zero, wherever the values do.
    """
    finite = values[np.isfinite(values)]
    span = float(finite.max() - (0.0 if is_from_zero else finite.min())) if len(finite) else 0.0
    if span <= 0.0:
        return ".0%"
    step_percent = 100.0 * span / _TICKS
    return f".{min(_MOST_DECIMALS, max(0, -floor(log10(step_percent) + 1e-9)))}%"


def bar_ticks(timestamps: pd.Series) -> dict[str, Any]:
    """Return the ticks of an axis of time over so few bars that Plotly would put some between two of them.

    Parameters
    ----------
    timestamps : Series of shape (n_bars,)
        Of the bars, in any order, with repetitions.

    Returns
    -------
    dict
        Of the axis: a tick a bar; empty over more bars, where Plotly chooses.
    """
    moments = np.unique(timestamps.to_numpy("datetime64[ms]").astype("int64"))
    if not len(moments):
        return {}
    step_ms = float(np.diff(moments).min()) if len(moments) > 1 else _DAY_MS
    if (moments[-1] - moments[0]) / step_ms > _FEW_BARS:
        return {}
    # As text: a number would be the browser's own time to Plotly.
    first = str(moments[0].astype("datetime64[ms]")).replace("T", " ")
    return {"tickmode": "linear", "tick0": first, "dtick": step_ms}
