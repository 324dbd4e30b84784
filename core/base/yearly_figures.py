"""Figures a year of a backtest that is too short for them: a fall of two days is no growth of -40 % a year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

__all__ = ["FEWEST_BARS", "YEARLY_FIGURES", "told_figures", "too_few_bars"]

_Value = TypeVar("_Value")

FEWEST_BARS = 60
"""Bars from which on screens show a figure a year."""

YEARLY_FIGURES = frozenset({"cagr", "calmar", "sharpe", "sortino", "turnover_annual", "volatility_annual"})
"""The figures that are scaled to a year, by their names in metrics.json, which keeps them however short the run."""


def told_figures(metrics: Mapping[str, _Value]) -> dict[str, _Value]:
    """Return a run's figures without those a year of every curve that is too short for them.

    Parameters
    ----------
    metrics : mapping
        By name as in metrics.json: those of a baseline or the benchmark bear its name and a dot in front.
    """
    return {name: value for name, value in metrics.items() if not _is_untold(name, metrics)}


def too_few_bars(metrics: Mapping[str, object]) -> int | None:
    """Return how many bars a curve has where they are too few for a figure a year; None where they are enough.

    Parameters
    ----------
    metrics : mapping
        One curve's figures; without `n_bars` there is nothing to tell.
    """
    n_bars = metrics.get("n_bars")
    return int(n_bars) if isinstance(n_bars, (int, float)) and n_bars < FEWEST_BARS else None


def _is_untold(name: str, metrics: Mapping[str, object]) -> bool:
    owner, dot, figure = name.rpartition(".")
    n_bars = metrics.get(f"{owner}{dot}n_bars")
    return figure in YEARLY_FIGURES and too_few_bars({"n_bars": n_bars}) is not None
