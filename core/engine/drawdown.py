"""How far a curve lies below its highest point so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["drawdown_curve"]


def drawdown_curve(equity: NDArray[np.float64], initial_equity: float) -> NDArray[np.float64]:
    """Return the fall from the peak at each bar; its least value is the metric `max_drawdown`.

    Parameters
    ----------
    equity : ndarray of shape (n_bars,)
        At each bar's close, in currency. A NaN gives NaN at its bar alone.
    initial_equity : float
        The curve's first point, before the first bar; a peak to fall from. In currency, above zero.

    Returns
    -------
    ndarray of shape (n_bars,)
        Fractions: 0 at a peak, -0.25 at a quarter below it, below -1 where a ruined account is in debt.
    """
    peaks = np.fmax.accumulate(np.concatenate(([initial_equity], equity)))[1:]
    return equity / peaks - 1.0
