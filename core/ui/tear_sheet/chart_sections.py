"""The charts of a tear sheet, in order; what the run did not keep is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.ui.charts import equity_figure
from core.ui.tear_sheet.costs import cost_totals, costs_figure
from core.ui.tear_sheet.distribution import distribution_figure
from core.ui.tear_sheet.exposure import MOST_TICKERS, exposure_figure
from core.ui.tear_sheet.leverage import leverage_figure
from core.ui.tear_sheet.months import months_figure
from core.ui.tear_sheet.rolling import rolling_figure
from core.ui.tear_sheet.section import Section
from core.ui.tear_sheet.thinning import thinned, thinning_note

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from core.services.tear_sheet import TearSheet
    from core.ui.colors import Colors

__all__ = ["chart_sections", "equity_section"]


def equity_section(sheet: TearSheet, colors: Colors, *, has_log_scale: bool) -> Section:
    """Return the strategy's equity and drawdown beside its baselines' and the benchmark's."""
    import pandas as pd

    n_bars = int(sheet.curves["curve"].value_counts().iloc[0])
    drawn = [thinned(curve, ("equity", "drawdown")) for _, curve in sheet.curves.groupby("curve", sort=False)]
    figure = equity_figure(pd.concat(drawn), colors, has_log_scale=has_log_scale)
    words = "Net of costs. Drawdown is the fall from the highest equity so far. Click a name to hide its curve."
    return Section("equity", "Equity and drawdown", _joined(words, thinning_note(n_bars)), figure, sheet.curves)


def chart_sections(sheet: TearSheet, colors: Colors) -> Iterator[Section]:
    """Yield the charts below the equity."""
    if sheet.account is not None:
        yield _leverage(sheet, sheet.account, colors)
    yield Section(
        "monthly-returns",
        "Monthly returns (%)",
        "Compounded over the bars of each month; the first and the last may be parts of one.",
        months_figure(sheet.monthly, colors),
        sheet.monthly.rename_axis("of_year").reset_index(),
    )
    yield _rolling(sheet, colors)
    yield _distribution(sheet, colors)
    if sheet.costs is not None:
        yield _costs(sheet.costs, colors)
    if sheet.exposures is not None and sheet.exposures.shape[1]:
        yield _exposure(sheet.exposures, colors)


def _leverage(sheet: TearSheet, account: pd.DataFrame, colors: Colors) -> Section:
    calls = 0 if sheet.margin_calls is None else len(sheet.margin_calls)
    met = {0: "No margin call was met.", 1: "One margin call was met."}.get(calls, f"{calls:,} margin calls were met.")
    words = (
        "At the closes: what is held over equity, and how much of equity is left above maintenance. "
        f"{met} Within a bar leverage may have been higher."
    )
    figure = leverage_figure(account, sheet.margin_calls, colors)
    return Section(
        "leverage", "Leverage and margin headroom", _joined(words, thinning_note(len(account))), figure, account
    )


def _rolling(sheet: TearSheet, colors: Colors) -> Section:
    over = "over the risk-free rate" if sheet.is_over_risk_free else "over zero"
    words = f"Of the last {sheet.window_bars} bars; Sharpe ratios are {over}. Baselines wait in the legend."
    figure = rolling_figure(sheet.rolling, colors)
    return Section("rolling", "Rolling Sharpe ratio and volatility", words, figure, sheet.rolling)


def _distribution(sheet: TearSheet, colors: Colors) -> Section:
    n_bars = int(sheet.distribution["n_bars"].sum())
    words = f"Of {n_bars:,} bars of the strategy; losses left of zero, gains right of it."
    figure = distribution_figure(sheet.distribution, colors)
    return Section("returns", "Distribution of returns", words, figure, sheet.distribution, is_narrow=True)


def _costs(costs: pd.DataFrame, colors: Colors) -> Section:
    totals = "; ".join(f"{label} {_money(amount)}" for label, amount in cost_totals(costs).items())
    words = f"In total: {totals}." if totals else "Nothing was paid."
    return Section("costs", "Costs so far, by kind", words, costs_figure(costs, colors), costs, is_narrow=True)


def _exposure(exposures: pd.DataFrame, colors: Colors) -> Section:
    n_tickers = exposures.shape[1]
    words = "What was held at each close, from the fills and the closes; longs above zero, shorts below."
    if n_tickers > MOST_TICKERS:
        words += (
            f" Drawn are the {MOST_TICKERS} that were held most; the other {n_tickers - MOST_TICKERS} are one area."
        )
    figure = exposure_figure(exposures, colors)
    return Section("exposure", "Exposure by ticker", words, figure, _with_time_column(exposures))


def _with_time_column(exposures: pd.DataFrame) -> pd.DataFrame:
    # A ticker may have the column's name.
    name = "timestamp"
    while name in exposures.columns:
        name += "_"
    return exposures.rename_axis(name).reset_index()


def _money(amount: float) -> str:
    return f"{round(amount) + 0.0:,.0f}" if amount >= 0.0 else f"{-amount:,.0f} received"


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
