"""The third stage: the strategy, its baselines and the benchmark over the same out-of-sample dates.

1. Ask every strategy for its exposures over the whole panel, so that each has its warm-up.
2. Cut panel and exposures to the bars of the predictions and the one after them, where the last decision is filled
   (rule-based strategies alone: to the whole panel), and say what no prediction decides.
3. Simulate each under the same terms and execution.
4. Measure each by the same metrics, and the benchmark by buying and holding it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from core.base.errors import ConfigError
from core.engine.backtest import BacktestResult, run_backtest
from core.engine.benchmark import buy_and_hold
from core.engine.cash_return import cash_return_per_bar
from core.engine.continuous_prices import split_continuous
from core.engine.kernels.compilation import are_kernels_kept, kernel_cache_folder
from core.engine.metric_options import MetricOptions, risk_free_per_bar
from core.engine.metrics import backtest_metrics, compute_metrics
from core.engine.periods import periods_per_year
from core.engine.predicted_span import PredictedSpan, predicted_span, unpredicted_findings
from core.engine.stages.foresight import check_strategy
from core.engine.stages.kernel_faults import kernel_faults_logged
from core.engine.traded_prices import traded_prices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.config.run_config import RunConfig
    from core.config.sections import StrategyConfig
    from core.contracts.run_context import RunContext
    from core.contracts.run_result import MetricValue
    from core.contracts.strategy import StrategyPlugin
    from core.engine.stages.market import Market

__all__ = ["Backtested", "backtest"]

MAIN = "strategy"


@dataclass(frozen=True)
class Backtested:
    """What backtesting hands on.

    Attributes
    ----------
    results : mapping of str to BacktestResult
        By name: "strategy" first, then the baselines in the config's order.
    metrics : mapping of str to mapping
        Key figures by the same names, and "benchmark" where there is one.
    benchmark_equity : DataFrame or None
        The benchmark's curve, columns timestamp and equity.
    risk_free : Series or None
        Return without risk of each bar, by timestamp: of the prices' rate, else what the account pays on idle cash;
        None where there is neither, and where returns are over cash already.
    looking_ahead : frozenset of str
        Strategies that declare to use data after their bars.
    periods_per_year : float
        Bars in a year, by which the figures are annual.
    findings : tuple of str
        What of the prices no prediction decides, in sentences.
    """

    results: Mapping[str, BacktestResult]
    metrics: Mapping[str, Mapping[str, MetricValue]]
    benchmark_equity: pd.DataFrame | None
    risk_free: pd.Series | None
    looking_ahead: frozenset[str]
    periods_per_year: float
    findings: tuple[str, ...] = ()

    @property
    def judged(self) -> str:
        """Name of the strategy that the run is about."""
        return MAIN

    def flat_metrics(self) -> dict[str, MetricValue]:
        """Return the strategy's figures by name, and the others' as <name>.<figure>."""
        flat: dict[str, MetricValue] = dict(self.metrics[MAIN])
        for name, figures in self.metrics.items():
            if name != MAIN:
                flat.update({f"{name}.{figure}": value for figure, value in figures.items()})
        return flat


def backtest(config: RunConfig, market: Market, predictions: pd.DataFrame | None, context: RunContext) -> Backtested:
    """Simulate the strategy and its baselines, measure them, and save the books.

    Artifacts: equity, trades, fills, costs, margin_calls, unfilled, baselines (tables), exposures, prices (of the
    tickers that were traded), risk_free (per bar, where the prices bring a rate or cash
    earns one).

    Parameters
    ----------
    predictions : DataFrame or None
        Out-of-sample rows; None where no strategy needs any.

    Raises
    ------
    ConfigError
        If the config names no strategy, or one that needs predictions gets none.
    LookAheadError
        If a strategy's exposures change when later bars are removed (foresight.py).
    DataError
        If predictions and panel share no dates.
    """
    if config.strategy is None:
        raise ConfigError("strategy is missing; name a strategy_type under strategy.")
    wanted = {MAIN: config.strategy, **config.backtest.baselines}
    strategies = {name: _strategy(section, predictions, context) for name, section in wanted.items()}
    span = predicted_span(market.panel, predictions)
    findings = () if predictions is None else tuple(unpredicted_findings(market.panel, predictions, span))
    for finding in findings:
        context.log(finding, level="warning")
    with kernel_faults_logged(context):
        results = _simulate_all(config, market, strategies, predictions, span, context)
    looking_ahead = frozenset(name for name, strategy in strategies.items() if strategy.looks_ahead)
    backtested = replace(_measure(config, market, results, span, looking_ahead), findings=findings)
    _save(backtested, context)
    return backtested


def _simulate_all(
    config: RunConfig,
    market: Market,
    strategies: Mapping[str, StrategyPlugin],
    predictions: pd.DataFrame | None,
    span: PredictedSpan,
    context: RunContext,
) -> dict[str, BacktestResult]:
    if kernel_cache_folder() is not None and not are_kernels_kept():
        context.log("The ledger is being compiled for this machine, once; it takes about 20 s")
    traded = span.cut(market.panel)
    terms = market.terms_of(traded)
    # What a strategy reads has no jumps at splits; what the ledger trades has the prices of the day.
    seen = split_continuous(market.panel)
    adjustment = config.data.adjustment if config.data else "total_return"
    results: dict[str, BacktestResult] = {}
    for number, (name, strategy) in enumerate(strategies.items()):
        context.progress("backtest", number, len(strategies), "strategies")
        read = predictions if strategy.needs_predictions else None
        check_strategy(name, strategy, span.cut(seen), read, context)
        exposures = strategy.generate_signals(seen, read)
        signals = span.cut(exposures)
        results[name] = run_backtest(traded, signals, terms, config.execution, adjustment=adjustment)
        if name == MAIN:
            context.save_table("exposures", signals.to_frame("exposure"))
            context.save_table("prices", traded_prices(traded, results[name].fills, has_splits=adjustment == "raw"))
    context.progress("backtest", len(strategies), len(strategies), "strategies")
    return results


def _strategy(wanted: StrategyConfig, predictions: pd.DataFrame | None, context: RunContext) -> StrategyPlugin:
    strategy: StrategyPlugin = context.plugin("strategies", wanted.strategy_type, wanted.strategy_params)
    if strategy.needs_predictions and predictions is None:
        raise ConfigError(
            f"Strategy {wanted.strategy_type!r} needs predictions. Name a trained run (qlop backtest --run RUN_ID, or "
            "backtest.predictions_run) or a model's file (--model-file FILE, or backtest.model_file), or use mode "
            "pipeline, which trains first."
        )
    return strategy


def _measure(
    config: RunConfig,
    market: Market,
    results: Mapping[str, BacktestResult],
    span: PredictedSpan,
    looking_ahead: frozenset[str],
) -> Backtested:
    dates = pd.DatetimeIndex(results[MAIN].equity["timestamp"])
    risk_free = _risk_free(market, dates)
    periods = _periods(config, market.panel)
    options = MetricOptions(initial_equity=config.execution.initial_cash, periods_per_year=periods, risk_free=risk_free)
    metrics: dict[str, Mapping[str, MetricValue]] = {
        name: backtest_metrics(result, options=options) for name, result in results.items()
    }
    curve = None
    if market.benchmark is not None:
        curve = buy_and_hold(span.cut(market.benchmark), dates, config.execution.initial_cash)
        metrics["benchmark"] = compute_metrics(curve, None, None, None, options=options)
    return Backtested(results, metrics, curve, risk_free, looking_ahead, periods)


def _periods(config: RunConfig, panel: pd.DataFrame) -> float:
    interval = config.data.interval if config.data else "1d"
    bars = pd.DatetimeIndex(panel.index.unique(level="timestamp"))
    return periods_per_year(interval, bars, config.backtest.periods_per_year)


def _risk_free(market: Market, dates: pd.DatetimeIndex) -> pd.Series | None:
    panel, financing = market.panel, market.terms.financing
    if market.is_unfunded:
        return None
    if "risk_free_rate_annual" in panel and not panel["risk_free_rate_annual"].isna().any():
        rate = panel["risk_free_rate_annual"].groupby(level="timestamp").first()
        return risk_free_per_bar(rate.loc[dates], basis=financing.basis, accrual=financing.accrual)
    return cash_return_per_bar(financing, pd.DatetimeIndex(panel.index.unique(level="timestamp")), dates)


def _save(backtested: Backtested, context: RunContext) -> None:
    main = backtested.results[MAIN]
    tables = {name: getattr(main, name) for name in ("equity", "trades", "fills", "costs", "margin_calls", "unfilled")}
    for name, table in tables.items():
        context.save_table(name, table)
    others = {name: result.equity for name, result in backtested.results.items() if name != MAIN}
    if backtested.benchmark_equity is not None:
        others["benchmark"] = backtested.benchmark_equity
    if others:
        stacked = pd.concat(others, names=["strategy"]).reset_index(level=0).reset_index(drop=True)
        context.save_table("baselines", stacked)
    if backtested.risk_free is not None:
        context.save_table("risk_free", backtested.risk_free.rename_axis("timestamp").reset_index())
