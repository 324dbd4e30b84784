"""The product of what happens to a ticker after each of its bars.

1. Some bars are taken at a time, the last ones first.
2. Within these, steps are laid out by bar and ticker, and multiplied from the end; what a ticker's product is at their
   first bar goes over to the bars before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.engine.bar_blocks import PanelBars
from core.engine.row_blocks import row_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["future_product"]


def future_product(panel: pd.DataFrame, step: Callable[[slice], NDArray[np.float64]]) -> NDArray[np.float64] | None:
    """Multiply, for each row, the steps of its ticker's later rows.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts.
    step : callable
        Returns the steps of some rows.

    Returns
    -------
    ndarray of shape (n_rows,) or None
        None where all steps are 1, and so all products.
    """
    if all((step(rows) == 1.0).all() for rows in row_blocks(len(panel))):
        return None
    bars = PanelBars(panel)
    product, later = np.empty(len(panel)), np.ones((1, len(bars.tickers)))
    for block in bars.blocks(newest_first=True):
        steps = np.ones(block.shape)
        steps[block.at] = step(block.rows)
        from_bar_on = np.cumprod(np.vstack([later, steps[::-1]]), axis=0)[::-1]
        product[block.rows] = from_bar_on[1:][block.at]
        later[:] = from_bar_on[:1]
    return product
