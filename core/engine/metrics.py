"""What a backtest comes to, in figures. docs/metrics.md gives each one's formula and source.

1. The curve begins with the initial equity; a bar's return is its equity over the point before, less one.
2. A curve that reaches zero ends there: the bar of the ruin is the last return, what follows is no return but a debt.
3. Returns go through empyrical where it has the figure; trades, fills and costs are counted from their own tables.
4. A figure that is not defined is None, never NaN or infinite.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import DataError
from core.engine.book_figures import book_figures
from core.engine.drawdown import drawdown_curve
from core.engine.left_out_imports import import_empyrical
from core.engine.metric_options import MetricOptions

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.engine.backtest import BacktestResult

__all__ = ["Figures", "backtest_metrics", "compute_metrics", "curve_returns"]

Figures = dict[str, float | None]

_TAIL = 0.05
_DAYS_IN_YEAR = {"act_365": 365.0, "act_365_25": 365.25}


def compute_metrics(
    equity: pd.DataFrame,
    trades: pd.DataFrame | None,
    fills: pd.DataFrame | None,
    costs: pd.DataFrame | None,
    *,
    options: MetricOptions,
    margin_calls: pd.DataFrame | None = None,
    unfilled: pd.DataFrame | None = None,
) -> Figures:
    """Return the figures of a curve and, where its books are given, of its trading.

    Parameters
    ----------
    equity : DataFrame of shape (n_bars, ...)
        `timestamp` and `equity` at each bar's close, in currency; `gross_exposure` and `margin_headroom` where there is
        an account.
    trades, fills, costs, margin_calls, unfilled : DataFrame or None
        The backtest's books; None leaves their figures out.
    options : MetricOptions

    Returns
    -------
    dict of str to float or None
        By the names in docs/metrics.md; returns and rates are fractions, money is in currency. None where undefined.

    Raises
    ------
    DataError
        If the curve is empty, or a value of it is missing or infinite.
        If the risk-free series lacks one of its bars.
    """
    curve = _curve_of(equity, options)
    figures = _curve_figures(curve, options)
    figures |= book_figures(equity, curve.n_alive, trades, fills, costs, margin_calls, unfilled, curve.years(options))
    return {name: _defined(value) for name, value in figures.items()}


def backtest_metrics(result: BacktestResult, *, options: MetricOptions) -> Figures:
    """Return the figures of a whole backtest; see `compute_metrics`."""
    figures = compute_metrics(
        result.equity,
        result.trades,
        result.fills,
        result.costs,
        options=options,
        margin_calls=result.margin_calls,
        unfilled=result.unfilled,
    )
    if figures["n_fills"] == 0.0:
        # Cash takes no risk: what its interest varies by is no reward for any.
        figures |= {"sharpe": None, "sortino": None}
    return {**figures, "debt_after_ruin": float(result.debt_after_ruin)}


def curve_returns(equity: pd.DataFrame, initial_equity: float) -> pd.Series:
    """Return a curve's simple returns by timestamp, of shape (n_alive,): none after a ruin.

    Raises
    ------
    DataError
        If the curve is empty, or a value of it is missing or infinite.
    """
    import pandas as pd

    curve = _curve_of(equity, MetricOptions(initial_equity=initial_equity))
    return pd.Series(curve.returns, index=curve.timestamps[: curve.n_alive], name="return")


@dataclass(frozen=True, eq=False)
class _Curve:
    """points of shape (n_bars + 1,), the initial equity first; returns of shape (n_alive,), cut after a ruin."""

    timestamps: pd.DatetimeIndex
    points: NDArray[np.float64]
    returns: NDArray[np.float64]

    @property
    def n_alive(self) -> int:
        return len(self.returns)

    @property
    def is_ruined(self) -> bool:
        return bool(self.points[self.n_alive] <= 0.0)

    def years(self, options: MetricOptions) -> float:
        if options.year_count == "bars":
            return len(self.timestamps) / options.periods_per_year
        days = (self.timestamps[-1] - self.timestamps[0]).total_seconds() / 86_400.0
        return days / _DAYS_IN_YEAR[options.year_count]


def _curve_of(equity: pd.DataFrame, options: MetricOptions) -> _Curve:
    import pandas as pd

    values = equity["equity"].to_numpy(dtype=np.float64)
    timestamps = pd.DatetimeIndex(equity["timestamp"])
    if not len(values):
        raise DataError("The equity curve has no bars; figures need at least one. Backtest over more dates.")
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise DataError(
            f"The equity of {timestamps[bad[0]]} is {values[bad[0]]} ({len(bad)} bars so); every bar needs a finite "
            "equity. A missing value is an error, not a bar without return."
        )
    points = np.concatenate(([options.initial_equity], values))
    ruined = np.flatnonzero(points <= 0.0)
    alive = points[: ruined[0] + 1] if len(ruined) else points
    return _Curve(timestamps, points, alive[1:] / alive[:-1] - 1.0)


def _curve_figures(curve: _Curve, options: MetricOptions) -> Figures:
    empyrical = import_empyrical()
    returns, periods = curve.returns, options.periods_per_year
    risk_free = _risk_free(curve, options)
    depth, duration = _drawdown(curve, options)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        growth = _cagr(curve, options)
        return {
            "n_bars": float(len(curve.timestamps)),
            "initial_equity": float(curve.points[0]),
            "final_equity": float(curve.points[-1]),
            "total_return": float(curve.points[-1] / curve.points[0] - 1.0),
            "cagr": growth,
            "volatility_annual": empyrical.annual_volatility(returns, annualization=periods)
            * _ddof_factor(curve, options),
            "sharpe": empyrical.sharpe_ratio(returns, risk_free, annualization=periods) / _ddof_factor(curve, options),
            "sortino": empyrical.sortino_ratio(returns, risk_free, annualization=periods),
            "calmar": growth / -depth if growth is not None and depth < 0.0 else None,
            "max_drawdown": depth,
            "max_drawdown_duration_bars": float(duration),
            "skewness": _standard_moment(returns, 3),
            "kurtosis": _standard_moment(returns, 4),
            "tail_ratio": empyrical.tail_ratio(returns),
            "value_at_risk_5pct": float(empyrical.value_at_risk(returns, _TAIL)),
            "expected_shortfall_5pct": float(empyrical.conditional_value_at_risk(returns, _TAIL)),
            "is_ruined": float(curve.is_ruined),
        }


def _cagr(curve: _Curve, options: MetricOptions) -> float | None:
    if curve.is_ruined:
        return -1.0
    if options.year_count == "bars":
        return float(import_empyrical().annual_return(curve.returns, annualization=options.periods_per_year))
    years = curve.years(options)
    return float((curve.points[-1] / curve.points[0]) ** (1.0 / years) - 1.0) if years > 0.0 else None


def _ddof_factor(curve: _Curve, options: MetricOptions) -> float:
    # empyrical divides by n - 1; another ddof is a constant factor on the standard deviation.
    n = curve.n_alive
    if n <= max(options.ddof, 1):
        return float("nan")
    return float(np.sqrt((n - 1) / (n - options.ddof)))


def _drawdown(curve: _Curve, options: MetricOptions) -> tuple[float, int]:
    """Return the deepest fall from a peak, and the most bars in a row below one."""
    points = curve.points if options.drawdown_from_initial else curve.points[1:]
    below = drawdown_curve(points, float(points[0]))
    is_peak = np.flatnonzero(below >= 0.0)
    gaps = np.diff(np.append(is_peak, len(points))) - 1
    return float(below.min()), int(gaps.max())


def _standard_moment(returns: NDArray[np.float64], order: int) -> float | None:
    deviations = returns - returns.mean()
    variance = float((deviations**2).mean())
    # Below this the deviations are rounding errors of equal returns.
    if not np.isfinite(variance) or variance <= (1e-14 * max(1.0, float(np.abs(returns).max()))) ** 2:
        return None
    return float(((deviations / np.sqrt(variance)) ** order).mean())


def _risk_free(curve: _Curve, options: MetricOptions) -> NDArray[np.float64] | float:
    if options.risk_free is None:
        return 0.0
    timestamps = curve.timestamps[: curve.n_alive]
    earned = options.risk_free.reindex(timestamps)
    if earned.isna().any():
        raise DataError(
            f"The risk-free series has no return at {timestamps[int(np.argmax(earned.isna()))]} "
            f"({int(earned.isna().sum())} of {len(timestamps)} bars missing); it needs one for every bar of the curve."
        )
    result: NDArray[np.float64] = earned.to_numpy(dtype=np.float64)
    return result


def _defined(value: float | None) -> float | None:
    if value is None or not np.isfinite(value):
        return None
    return float(value) + 0.0
