"""Results that are too good to be true of prices: findings, as most of them come of something known too early.

1. An out-of-sample AUC above `HIGH_AUC`, of `MANY_ROWS` rows or more whose labels are not all one event.
2. A Sharpe ratio above `HIGH_SHARPE`, over more than a year.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.engine.text_layout import labelled, listed, number

__all__ = ["HIGH_AUC", "HIGH_SHARPE", "MANY_ROWS", "high_auc_lines", "high_sharpe_lines"]

HIGH_AUC = 0.9
"""0.5 is a coin's. By chance 30 labels that do not overlap, half of them 1, reach it once in about 10,000 times."""

MANY_ROWS = 500

HIGH_SHARPE = 4.0
"""Ten times that of large stock markets over decades; by chance a year without skill has it once in 30,000 times."""

_FEWEST_LABELS = 30.0


def high_auc_lines(auc: float | None, n_rows: float | None, effective_labels: float | None) -> list[str]:
    """Return the lines of a summary that doubt an AUC; none where it is plausible.

    Parameters
    ----------
    auc, n_rows : float or None
        Out of sample, over all rows.
    effective_labels : float or None
        Labels that do not overlap, tickers taken as one; None where nobody knows.
    """
    is_much = (n_rows or 0.0) >= MANY_ROWS and (effective_labels is None or effective_labels >= _FEWEST_LABELS)
    if auc is None or auc <= HIGH_AUC or not is_much:
        return []
    found = f"An AUC of {number(auc, 3)} over {number(n_rows, 0)} rows is seldom true of prices"
    return labelled("Finding", f"{found}: look for what the features know too early.")


def high_sharpe_lines(sharpe_by_name: Mapping[str, float], years: float) -> list[str]:
    """Return the lines of a summary that doubt Sharpe ratios; none where all are plausible.

    Parameters
    ----------
    sharpe_by_name : mapping of str to float
        Annual, of strategies that are not known to look ahead.
    years : float
        How long they traded.
    """
    high = [f"{number(sharpe)} of {name}" for name, sharpe in sharpe_by_name.items() if sharpe > HIGH_SHARPE]
    if not high or years <= 1.0:
        return []
    found = f"A Sharpe ratio of {listed(high)} over {number(years, 1)} years is seldom true of prices"
    return labelled("Finding", f"{found}: look for what the features, the strategy or the prices know too early.")
