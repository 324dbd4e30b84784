"""The last stage: what the run found, in words and figures that a person can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from core.engine.evidence_record import evidence_record
from core.engine.stages.judged_curves import JudgedCurves, judge_curves
from core.engine.stages.prediction_facts import prediction_facts
from core.engine.summary import DataFacts, StrategyFacts, SummaryFacts, TermsFacts, write_summary

if TYPE_CHECKING:
    from datetime import date

    from core.config.run_config import RunConfig
    from core.config.sections import LabelConfig, StrategyConfig
    from core.contracts.run_context import RunContext
    from core.engine.brought_predictions import BroughtPredictions
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
    brought: BroughtPredictions | None = None,
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
        None where this run trained no model.
    context : RunContext or None
        The run that keeps the evidence; None keeps none.
    brought : BroughtPredictions or None
        Predictions that come from another run or a file; without these and `trained` the strategy goes by its rule.
    """
    curves = judge_curves(
        backtested, _benchmark_name(config), initial_cash=config.execution.initial_cash, seed=config.seed
    )
    traded_model = None if brought is None else brought.learned_elsewhere
    equity = backtested.results[backtested.judged].equity
    facts = SummaryFacts(
        title=config.title or "QLOP",
        data=_data_facts(config, market),
        terms=_terms_facts(config, market, backtested, *_asked(config, trained, brought)),
        strategy=StrategyFacts(
            _strategy_name(config, backtested),
            backtested.metrics[backtested.judged],
            ruined_on=_ruined_on(backtested, backtested.judged),
            curtailed=_curtailed(backtested, backtested.judged),
        ),
        baselines=tuple(_baseline(name, backtested, curves) for name in config.backtest.baselines),
        benchmark=_benchmark(config, market, backtested, curves),
        predictions=prediction_facts(trained, brought),
        traded_model=traded_model,
        sharpe=curves.sharpe,
        first_bar=_date(equity["timestamp"].iloc[0]),
        last_bar=_date(equity["timestamp"].iloc[-1]),
        years=len(equity) / backtested.periods_per_year,
        sharpe_is_over_risk_free=backtested.risk_free is not None,
        unpredicted=backtested.findings,
    )
    if context is not None:
        context.save_json("evidence", _evidence(facts, curves, backtested))
        if traded_model is not None:
            context.save_json("learned_elsewhere", traded_model.to_json())
    return write_summary(facts)


def _evidence(facts: SummaryFacts, curves: JudgedCurves, backtested: Backtested) -> dict[str, object]:
    return evidence_record(
        facts.sharpe,
        curves.compared,
        periods_per_year=backtested.periods_per_year,
        n_bars=len(backtested.results[backtested.judged].equity),
        is_over_risk_free=facts.sharpe_is_over_risk_free,
        n_trials=facts.n_trials,
        sharpe_variance=facts.sharpe_variance,
    )


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
        findings=market.findings,
        is_adjustment_doubted=market.is_adjustment_doubted,
    )


def _strategy_name(config: RunConfig, backtested: Backtested) -> str:
    """Return the strategy's type, unless a baseline bears that name."""
    named = config.strategy.strategy_type if config.strategy else backtested.judged
    return backtested.judged if named in config.backtest.baselines else named


def _asked(
    config: RunConfig, trained: Trained | None, brought: BroughtPredictions | None
) -> tuple[LabelConfig | None, str]:
    """Return what the traded model learned to answer, whatever label the config names beside it."""
    if trained is not None:
        return config.label, trained.question
    return (None, "") if brought is None else (brought.label, brought.question)


def _terms_facts(
    config: RunConfig, market: Market, backtested: Backtested, label: LabelConfig | None, question: str
) -> TermsFacts:
    leverage = label.labeler_params.get("leverage") if label else None
    terms = market.terms
    return TermsFacts(
        question=question,
        leverage=float(leverage) if isinstance(leverage, (int, float)) else None,
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


def _baseline(name: str, backtested: Backtested, curves: JudgedCurves) -> StrategyFacts:
    return StrategyFacts(
        name,
        backtested.metrics[name],
        curves.compared.get(name),
        looks_ahead=name in backtested.looking_ahead,
        ruined_on=_ruined_on(backtested, name),
        curtailed=_curtailed(backtested, name),
        is_same_curve=name in curves.same,
    )


def _benchmark(config: RunConfig, market: Market, backtested: Backtested, curves: JudgedCurves) -> StrategyFacts | None:
    if backtested.benchmark_equity is None:
        return None
    name = _benchmark_name(config)
    return StrategyFacts(
        name,
        backtested.metrics["benchmark"],
        curves.compared.get(name),
        is_price_index=market.benchmark_is_price_index,
        is_same_curve=name in curves.same,
    )


def _benchmark_name(config: RunConfig) -> str:
    return config.backtest.benchmark or "benchmark"


def _date(moment: pd.Timestamp) -> date:
    return pd.Timestamp(moment).date()
