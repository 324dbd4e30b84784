"""The tear sheet of a backtest, read from what the run kept. docs/tear_sheet.md says what each part is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.services.no_test import no_test_warning
from core.services.run_files import RunFiles, open_run_files
from core.services.run_tables import read_equity_curves

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.services.workbench import Workbench

__all__ = ["TearSheet", "TickerTrades", "read_tear_sheet", "read_ticker_trades"]

_MAIN = "strategy"


@dataclass(frozen=True, eq=False)
class TearSheet:
    """A backtest in frames to draw; None is what the run did not keep.

    Attributes
    ----------
    run_id : str
    curves : DataFrame
        As `read_equity_curves` returns it.
    account : DataFrame or None
        timestamp, leverage (gross over equity) and margin_headroom (a fraction of equity); NaN where equity is gone.
    margin_calls, trades : DataFrame or None
        As in BacktestResult.
    ruined_at : Timestamp or None
        The bar at which the strategy's equity was gone. What follows is a debt and no return: months, rolling figures
        and the distribution end there, as every curve's do at its own ruin.
    monthly : DataFrame
        As `monthly_returns` returns it, of the strategy.
    rolling : DataFrame
        curve, role, timestamp, volatility, sharpe over the last `window_bars`, of each curve.
    window_bars : int
    distribution : DataFrame
        As `return_distribution` returns it, of the strategy's bars.
    exposures : DataFrame or None
        As `held_exposures` returns it.
    costs : DataFrame or None
        As `cumulative_costs` returns it.
    evidence : mapping or None
        As `evidence_record` returns it.
    is_over_risk_free : bool
        Whether Sharpe ratios are over the risk-free rate.
    no_test : str
        Why it tests nothing, as its model may have learned from the very bars; empty where it may not.
    """

    run_id: str
    curves: pd.DataFrame
    account: pd.DataFrame | None
    margin_calls: pd.DataFrame | None
    trades: pd.DataFrame | None
    ruined_at: pd.Timestamp | None
    monthly: pd.DataFrame
    rolling: pd.DataFrame
    window_bars: int
    distribution: pd.DataFrame
    exposures: pd.DataFrame | None
    costs: pd.DataFrame | None
    evidence: Mapping[str, object] | None
    is_over_risk_free: bool
    no_test: str = ""


@dataclass(frozen=True, eq=False)
class TickerTrades:
    """One ticker's bars and its round trips, as `ticker_trades` returns them."""

    bars: pd.DataFrame
    trips: pd.DataFrame


def read_tear_sheet(workbench: Workbench, named: str, *, window_bars: int = 126) -> TearSheet | None:
    """Return the tear sheet of a run; None of one that has backtested nothing, or not yet.

    Raises
    ------
    RunError
        If there is no such run.
    StoreError
        If its files cannot be read.
    DataError
        If its equity has a value that is missing or infinite.
    """
    from core.engine.tear_sheet.cumulative_costs import cumulative_costs
    from core.engine.tear_sheet.monthly_returns import monthly_returns
    from core.engine.tear_sheet.return_distribution import return_distribution

    files = open_run_files(workbench, named)
    equity, curves = files.table("equity"), read_equity_curves(workbench, named)
    if equity is None:
        return None
    evidence, risk_free = files.record("evidence"), _risk_free(files)
    returns = _returns_by_curve(files, curves)
    own = next(iter(returns.values()))
    costs = files.table("costs")
    return TearSheet(
        run_id=files.folder.run_id,
        curves=curves,
        account=_account(equity),
        margin_calls=files.table("margin_calls"),
        trades=files.table("trades"),
        ruined_at=_ruined_at(equity),
        monthly=monthly_returns(own),
        rolling=_rolling(curves, returns, window_bars, _periods(files, evidence, equity), risk_free),
        window_bars=window_bars,
        distribution=return_distribution(own.to_numpy()),
        exposures=_exposures(files, equity),
        costs=None if costs is None else cumulative_costs(costs),
        evidence=evidence,
        is_over_risk_free=risk_free is not None,
        no_test=no_test_warning(workbench, files),
    )


def read_ticker_trades(workbench: Workbench, named: str, ticker: str) -> TickerTrades | None:
    """Return the bars and round trips of one ticker; None where the run kept no prices of it.

    Raises
    ------
    RunError
        If there is no such run.
    StoreError
        If its files cannot be read.
    """
    from core.engine.tear_sheet.ticker_trades import ticker_trades

    files = open_run_files(workbench, named)
    prices, trades = files.table("prices", ticker=ticker), files.table("trades", ticker=ticker)
    if prices is None or trades is None or prices.empty:
        return None
    return TickerTrades(*ticker_trades(prices, trades, ticker))


def _returns_by_curve(files: RunFiles, curves: pd.DataFrame) -> dict[str, pd.Series]:
    from core.engine.metrics import curve_returns

    cash = _number(_section(files, "execution").get("initial_cash"))
    return {
        str(name): curve_returns(curve, cash or float(curve["equity"].iloc[0])).iloc[: _n_alive(curve)]
        for name, curve in curves.groupby("curve", sort=False)
    }


def _rolling(
    curves: pd.DataFrame,
    returns: Mapping[str, pd.Series],
    window_bars: int,
    periods_per_year: float,
    risk_free: pd.Series | None,
) -> pd.DataFrame:
    import pandas as pd

    from core.engine.tear_sheet.rolling_risk import rolling_risk

    roles = curves.drop_duplicates("curve").set_index("curve")["role"]
    frames = [
        rolling_risk(found, window_bars=window_bars, periods_per_year=periods_per_year, risk_free=risk_free).assign(
            curve=name, role=roles[name]
        )
        for name, found in returns.items()
    ]
    return pd.concat(frames, ignore_index=True)


def _account(equity: pd.DataFrame) -> pd.DataFrame | None:
    if "margin_headroom" not in equity:
        return None
    own: NDArray[np.float64] = equity["equity"].to_numpy(dtype=np.float64)
    divisor = np.where(own > 0.0, own, np.nan)
    account = equity[["timestamp"]].assign(leverage=equity["gross_exposure"].to_numpy() / divisor)
    return account.assign(margin_headroom=equity["margin_headroom"].to_numpy() / divisor)


def _exposures(files: RunFiles, equity: pd.DataFrame) -> pd.DataFrame | None:
    from core.engine.tear_sheet.held_exposures import held_exposures

    fills, prices = files.table("fills", ("timestamp", "ticker", "side", "shares")), files.table("prices")
    return None if fills is None or prices is None else held_exposures(fills, prices, equity)


def _risk_free(files: RunFiles) -> pd.Series | None:
    table = files.table("risk_free", ("timestamp", "risk_free"))
    return None if table is None else table.set_index("timestamp")["risk_free"]


def _periods(files: RunFiles, evidence: Mapping[str, object] | None, equity: pd.DataFrame) -> float:
    import pandas as pd

    from core.engine.periods import periods_per_year

    stated = _number((evidence or {}).get("periods_per_year"))
    if stated is None:
        stated = _number(_section(files, "backtest").get("periods_per_year"))
    interval = _section(files, "data").get("interval")
    return periods_per_year(str(interval or "1d"), pd.DatetimeIndex(equity["timestamp"]), stated)


def _ruined_at(equity: pd.DataFrame) -> pd.Timestamp | None:
    n_alive = _n_alive(equity)
    last = equity["equity"].iloc[n_alive - 1] if n_alive else 1.0
    return equity["timestamp"].iloc[n_alive - 1] if last <= 0.0 else None


def _n_alive(equity: pd.DataFrame) -> int:
    """Return how many bars there are up to a ruin, that one included."""
    ruined = np.flatnonzero(equity["equity"].to_numpy() <= 0.0)
    return int(ruined[0]) + 1 if len(ruined) else len(equity)


def _section(files: RunFiles, name: str) -> Mapping[str, object]:
    section = files.folder.config().get(name)
    return section if isinstance(section, Mapping) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
