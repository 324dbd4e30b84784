"""Figures a year of a backtest that is too short for them: a fall of two days is no growth of -40 % a year."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["FEWEST_BARS", "YEARLY_FIGURES", "too_few_bars"]

FEWEST_BARS = 60
"""Bars from which on screens show a figure a year."""

YEARLY_FIGURES = frozenset({"cagr", "calmar", "sharpe", "sortino", "turnover_annual", "volatility_annual"})
"""The figures that are scaled to a year, by their names in metrics.json, which keeps them however short the run."""


def too_few_bars(metrics: Mapping[str, object]) -> int | None:
    """Return how many bars a curve has where they are too few for a figure a year; None where they are enough.

    Parameters
    ----------
    metrics : mapping
        One curve's figures; without `n_bars` there is nothing to tell.
    """
    n_bars = metrics.get("n_bars")
    return int(n_bars) if isinstance(n_bars, (int, float)) and n_bars < FEWEST_BARS else None
