"""The last stage: what the run found, in words and figures that a person can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from core.engine.evidence import Comparison, compare_strategies, sharpe_sample
from core.engine.evidence_record import evidence_record
from core.engine.metrics import curve_returns
from core.engine.summary import DataFacts, PredictionFacts, StrategyFacts, SummaryFacts, TermsFacts, write_summary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import numpy as np
    from numpy.typing import NDArray

    from core.config.run_config import RunConfig
    from core.config.sections import StrategyConfig
    from core.contracts.run_context import RunContext
    from core.contracts.run_result import MetricValue
    from core.engine.learned_elsewhere import LearnedElsewhere
    from core.engine.stages.backtesting import Backtested
    from core.engine.stages.market import Market
    from core.engine.stages.training import Trained

__all__ = ["summarise"]


def summarise(
    config: RunConfig,
    market: Market,
    trained: Trained | None,
    backtested: Backtested,
    *,
    context: RunContext | None = None,
    traded_model: LearnedElsewhere | None = None,
) -> str:
    """Return the summary of a run.

    Artifacts, where there is a context: evidence.json, the intervals behind the verdict; learned_elsewhere.json of
    a traded model that had learned elsewhere.

    Parameters
    ----------
    config : RunConfig
        As resolved.
    market, backtested
        What the other stages handed on.
    trained : Trained or None
        None where no model was trained.
    context : RunContext or None
        The run that keeps the evidence; None keeps none.
    traded_model : LearnedElsewhere or None
        Of predictions that come from another run or a file, and from a model that had learned elsewhere.
    """
    returns = _excess_returns(config, backtested)
    main = returns.pop(backtested.judged)
    periods = backtested.periods_per_year
    compared = {
        name: compare_strategies(main, other, seed=config.seed, periods_per_year=periods)
        for name, other in returns.items()
    }
    equity = backtested.results[backtested.judged].equity
    label = config.strategy.strategy_type if config.strategy else backtested.judged
    facts = SummaryFacts(
        title=config.title or "QLOP",
        data=_data_facts(config, market),
        terms=_terms_facts(config, market, backtested),
        strategy=StrategyFacts(
            label,
            backtested.metrics[backtested.judged],
            ruined_on=_ruined_on(backtested, backtested.judged),
            curtailed=_curtailed(backtested, backtested.judged),
        ),
        baselines=tuple(_baseline(name, backtested, compared) for name in config.backtest.baselines),
        benchmark=_benchmark(config, market, backtested, compared),
        predictions=_prediction_facts(trained) if trained else None,
        traded_model=traded_model,
        sharpe=sharpe_sample(main),
        first_bar=_date(equity["timestamp"].iloc[0]),
        last_bar=_date(equity["timestamp"].iloc[-1]),
        years=len(equity) / periods,
        sharpe_is_over_risk_free=backtested.risk_free is not None,
    )
    if context is not None:
        context.save_json("evidence", _evidence(facts, compared, backtested))
        if traded_model is not None:
            context.save_json("learned_elsewhere", traded_model.to_json())
    return write_summary(facts)


def _evidence(facts: SummaryFacts, compared: Mapping[str, Comparison], backtested: Backtested) -> dict[str, object]:
    return evidence_record(
        facts.sharpe,
        compared,
        periods_per_year=backtested.periods_per_year,
        n_bars=len(backtested.results[backtested.judged].equity),
        is_over_risk_free=facts.sharpe_is_over_risk_free,
        n_trials=facts.n_trials,
        sharpe_variance=facts.sharpe_variance,
    )


def _excess_returns(config: RunConfig, backtested: Backtested) -> dict[str, NDArray[np.float64]]:
    cash = config.execution.initial_cash
    curves = {name: result.equity for name, result in backtested.results.items()}
    if backtested.benchmark_equity is not None:
        curves[_benchmark_name(config)] = backtested.benchmark_equity
    returns = {name: curve_returns(curve, cash) for name, curve in curves.items()}
    if backtested.risk_free is None:
        return {name: found.to_numpy() for name, found in returns.items()}
    return {name: (found - backtested.risk_free).to_numpy() for name, found in returns.items()}


def _data_facts(config: RunConfig, market: Market) -> DataFacts:
    timestamps = pd.DatetimeIndex(market.panel.index.unique(level="timestamp"))
    data = config.data
    return DataFacts(
        source=data.data_source_type if data else "",
        tickers=tuple(market.panel.index.unique(level="ticker")),
        first_bar=_date(timestamps[0]),
        last_bar=_date(timestamps[-1]),
        n_bars=len(timestamps),
        adjustment=data.adjustment if data else "total_return",
        left_out=market.left_out,
        survivorship=market.survivorship,
    )


def _terms_facts(config: RunConfig, market: Market, backtested: Backtested) -> TermsFacts:
    asked = config.label.labeler_params if config.label else {}
    leverage, horizon = asked.get("leverage"), asked.get("horizon_bars")
    terms = market.terms
    return TermsFacts(
        leverage=float(leverage) if isinstance(leverage, (int, float)) else None,
        horizon_bars=horizon if isinstance(horizon, int) else None,
        fee_bps=terms.fees.fee_bps,
        fee_per_share=terms.fees.fee_per_share,
        slippage_bps=terms.fees.slippage_bps,
        debit_spread_annual=terms.financing.debit_spread_annual,
        initial_long=terms.margin.initial_long,
        maintenance_long=terms.margin.maintenance_long,
        fill=config.execution.fill,
        rebalance=config.execution.rebalance,
        initial_cash=config.execution.initial_cash,
        is_unfunded=market.is_unfunded,
        base_rate_annual=rate
        if isinstance(rate := config.broker.broker_params.get("base_rate_annual"), float)
        else None,
        account=terms.margin.account,
        margin_check=terms.margin.check,
        initial_short=terms.margin.initial_short,
        maintenance_short=terms.margin.maintenance_short,
        borrow_fee_annual=terms.financing.borrow_fee_annual,
        has_shorts=any((result.trades["side"] == "short").any() for result in backtested.results.values()),
        strategy=_named(config.strategy) if config.strategy else "",
    )


def _named(strategy: StrategyConfig) -> str:
    stated = ", ".join(f"{name} {value}" for name, value in strategy.strategy_params.items() if value is not None)
    return f"{strategy.strategy_type}: {stated}" if stated else strategy.strategy_type


def _ruined_on(backtested: Backtested, name: str) -> date | None:
    moment = backtested.results[name].ruined_at
    return None if moment is None else _date(moment)


def _curtailed(backtested: Backtested, name: str) -> int:
    return int(backtested.results[name].unfilled["reason"].isin(["insufficient_margin", "scaled_to_margin"]).sum())


def _prediction_facts(trained: Trained) -> PredictionFacts:
    timestamps = trained.predictions.index.get_level_values("timestamp")
    scores, labels = trained.metrics, trained.labels_out_of_sample
    return PredictionFacts(
        first_bar=_date(timestamps.min()),
        last_bar=_date(timestamps.max()),
        n_folds=int(_number(scores, "n_folds") or 0),
        n_rows=int(_number(scores, "n_rows") or 0),
        base_rate=_number(scores, "base_rate"),
        brier=_number(scores, "brier"),
        base_rate_brier=_number(scores, "base_rate_brier"),
        auc=_number(scores, "auc"),
        auc_fold_mean=_number(scores, "auc_fold_mean"),
        n_folds_at_base_rate=int(_number(scores, "n_folds_at_base_rate") or 0),
        share_equal_to_sign=_number(labels, "share_equal_to_sign"),
        breach_share=_number(labels, "breach_share"),
        effective_sample_size=_number(scores, "effective_sample_size"),
        effective_sample_size_pooled=_number(scores, "effective_sample_size_pooled"),
        learned_elsewhere=trained.learned_elsewhere,
    )


def _baseline(name: str, backtested: Backtested, compared: Mapping[str, Comparison]) -> StrategyFacts:
    return StrategyFacts(
        name,
        backtested.metrics[name],
        compared[name],
        looks_ahead=name in backtested.looking_ahead,
        ruined_on=_ruined_on(backtested, name),
        curtailed=_curtailed(backtested, name),
    )


def _benchmark(
    config: RunConfig, market: Market, backtested: Backtested, compared: Mapping[str, Comparison]
) -> StrategyFacts | None:
    if backtested.benchmark_equity is None:
        return None
    name = _benchmark_name(config)
    is_price_index = market.benchmark_is_price_index
    return StrategyFacts(name, backtested.metrics["benchmark"], compared[name], is_price_index=is_price_index)


def _benchmark_name(config: RunConfig) -> str:
    return config.backtest.benchmark or "benchmark"


def _number(figures: Mapping[str, MetricValue], name: str) -> float | None:
    value = figures.get(name)
    return float(value) if isinstance(value, (int, float)) else None


def _date(moment: pd.Timestamp) -> date:
    return pd.Timestamp(moment).date()
