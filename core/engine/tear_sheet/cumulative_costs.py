"""What trading and financing have cost so far, by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.engine.book_figures import COST_KINDS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cumulative_costs"]


def cumulative_costs(costs: pd.DataFrame) -> pd.DataFrame:
    """Return running sums of the account's postings, turned so that what was paid is positive.

    Parameters
    ----------
    costs : DataFrame, one row a bar
        As in BacktestResult: what is paid is negative.

    Returns
    -------
    DataFrame
        timestamp, the kinds of cost that were ever posted, and dividends (what was received, negated) where any were;
        in currency. The last row holds the metrics cost_<kind>. Credit interest that was earned is below zero.
    """
    kinds = [name for name in (*COST_KINDS, "dividends") if bool((costs[name] != 0.0).any())]
    # Adding zero makes -0 a 0.
    return costs[["timestamp"]].join(-costs[kinds].cumsum() + 0.0)
