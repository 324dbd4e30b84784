"""Figures in the form that a person reads: percentages as percentages, money whole, ratios with two decimals."""

from __future__ import annotations

import math

__all__ = ["figure_label", "is_money", "is_percentage", "shown_difference", "shown_figure", "with_minus"]

UNDEFINED = "-"

_LABELS = {
    "cagr": "Growth a year",
    "auc": "AUC",
    "brier": "Brier score",
    "base_rate_brier": "Brier score of the base rate",
    "rmse": "RMSE",
    "base_rmse": "RMSE of the training mean",
    "mae": "Mean absolute error",
    "skill_low": "Skill, lower bound",
    "skill_high": "Skill, upper bound",
    "value_at_risk_5pct": "Value at risk, 5 %",
    "expected_shortfall_5pct": "Expected shortfall, 5 %",
    "is_ruined": "Ruined",
    "leverage_max": "Max leverage",
    "turnover_annual": "Turnover a year",
    "volatility_annual": "Volatility a year",
}
_PERCENTAGES = frozenset(
    {
        "accuracy",
        "average_trade_return",
        "base_rate",
        "breach_share",
        "cagr",
        "expected_shortfall_5pct",
        "margin_headroom_min",
        "max_drawdown",
        "time_in_market",
        "total_return",
        "value_at_risk_5pct",
        "volatility_annual",
        "win_rate",
    }
)
_MONEY = frozenset(
    {
        "average_trade_profit",
        "debt_after_ruin",
        "dividends_received",
        "final_equity",
        "initial_equity",
        "traded_value",
    }
)
_SCORES = frozenset(
    {
        "auc",
        "base_rate_brier",
        "base_rate_log_loss",
        "base_rmse",
        "brier",
        "brier_skill",
        "log_loss",
        "mae",
        "r2_out_of_sample",
        "rmse",
        "skill_high",
        "skill_low",
    }
)


def figure_label(name: str) -> str:
    """Return what a person calls the figure of metrics.json that is named `name`."""
    if name in _LABELS:
        return _LABELS[name]
    words = name.removeprefix("n_") if name.startswith("n_") else name
    return words.replace("_", " ").capitalize()


def is_money(name: str) -> bool:
    """Return whether the figure `name` is an amount in the account's currency."""
    return name in _MONEY or name.startswith("cost_")


def is_percentage(name: str) -> bool:
    """Return whether the figure `name` is a fraction that a person reads as a percentage."""
    return name in _PERCENTAGES or name.startswith("share_")


def shown_difference(name: str, value: float | None, first: float | None) -> str:
    """Return how far `value` lies from `first`, with its sign; empty where one is undefined or nothing can be told."""
    if value is None or first is None or not math.isfinite(value - first) or value == first:
        return ""
    base = name.rpartition(".")[2]
    if base == "is_ruined":
        return ""
    size = shown_figure(name, abs(value - first))
    shown = f"{size.removesuffix('%')} pp" if is_percentage(base) else size
    return with_minus(f"+{shown}" if value > first else f"-{shown}")


def with_minus(text: str) -> str:
    """Return the text of numbers with the sign that charts have before what is below zero."""
    return text.replace("-", "\N{MINUS SIGN}")


def shown_figure(name: str, value: float | None) -> str:
    """Return the value of the figure `name` with its unit and fixed decimals; a dash where it is undefined."""
    if value is None or not math.isfinite(value):
        return UNDEFINED
    name = name.rpartition(".")[2]
    if name == "is_ruined":
        return "yes" if value else "no"
    if is_percentage(name):
        return with_minus(f"{value:,.2%}")
    if is_money(name) or name.startswith("n_") or name.endswith("_bars"):
        # Adding zero makes -0 a 0.
        return with_minus(f"{round(value) + 0.0:,.0f}")
    return with_minus(f"{value:,.4f}" if name in _SCORES else f"{value:,.2f}")
