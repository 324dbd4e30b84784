"""The first stage: prices at the door, the broker's terms, and the benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.base.errors import ConfigError
from core.engine.currencies import benchmark_currency_findings, held_currencies
from core.engine.load import load_panel
from core.engine.stages.data_report import report_data
from core.engine.unfunded import is_unfunded, with_rate_of_zero, without_financing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from core.config.run_config import RunConfig
    from core.config.sections import LoadDataConfig
    from core.contracts.broker import BrokerPlugin
    from core.contracts.broker_terms import BrokerTerms
    from core.contracts.data_source import DataSourcePlugin
    from core.contracts.run_context import RunContext
    from core.engine.load import LoadedPanel

__all__ = ["Market", "open_market"]


@dataclass(frozen=True)
class Market:
    """Prices and terms of a run.

    Attributes
    ----------
    panel : DataFrame
        The checked, adjusted price panel.
    broker : BrokerPlugin
        Gives the terms of any part of the panel.
    terms : BrokerTerms
        The terms over the whole panel.
    benchmark : DataFrame or None
        The benchmark's own panel of one ticker.
    left_out : mapping of str to int
        Tickers left out for a short history, with their bars.
    fingerprint : str
        SHA-256 over the panel.
    survivorship : str
        What the source says is wrong with which instruments it holds.
    benchmark_is_price_index : bool
        Whether dividends are missing from the benchmark.
    is_unfunded : bool
        Whether returns are in excess of financing already (see unfunded.py).
    findings : tuple of str
        What looks odd in the prices, and in the benchmark's, in sentences.
    is_adjustment_doubted : bool
        Whether some of it speaks against the adjustment that the source tells.
    """

    panel: pd.DataFrame
    broker: BrokerPlugin
    terms: BrokerTerms
    benchmark: pd.DataFrame | None
    left_out: Mapping[str, int]
    fingerprint: str
    survivorship: str = ""
    benchmark_is_price_index: bool = False
    is_unfunded: bool = False
    findings: tuple[str, ...] = ()
    is_adjustment_doubted: bool = False

    def terms_of(self, panel: pd.DataFrame, broker: BrokerPlugin | None = None) -> BrokerTerms:
        """Return the broker's terms over a part of the panel, or another broker's."""
        return _terms(self.broker if broker is None else broker, panel, is_unfunded=self.is_unfunded)


def open_market(config: RunConfig, context: RunContext) -> Market:
    """Load prices, ask the broker for its terms, load the benchmark, and say what was found.

    Raises
    ------
    DataError
        If prices break the panel's form, or no rate is to be had.
    ConfigError
        If the broker counts real shares and the prices are adjusted.
    """
    data = config.data
    if data is None:
        raise ConfigError("data is missing; name a data_source_type under data.")
    context.progress("load data", 0, 1)
    source: DataSourcePlugin = context.plugin("data_sources", data.data_source_type, data.data_source_params)
    loaded = load_panel(source, data)
    broker: BrokerPlugin = context.plugin("brokers", config.broker.broker_type, config.broker.broker_params)
    unfunded = is_unfunded(loaded.panel)
    panel = with_rate_of_zero(loaded.panel) if unfunded else loaded.panel
    terms = _terms(broker, panel, is_unfunded=unfunded)
    if terms.needs_real_shares and data.adjustment != "raw":
        raise ConfigError(
            f"Broker {config.broker.broker_type!r} charges by the share, but data.adjustment is {data.adjustment!r}, "
            "whose prices are not those of a share on its day. Set data.adjustment to raw, or "
            "broker.broker_params.allow_adjusted_shares to true."
        )
    benchmark = _load_benchmark(source, data, config.backtest.benchmark)
    traded = tuple(str(ticker) for ticker in panel.index.unique("ticker"))
    findings = (*_remarks(source, traded), *loaded.findings, *_findings_of_benchmark(benchmark, loaded))
    market = Market(
        panel=panel,
        broker=broker,
        terms=terms,
        benchmark=None if benchmark is None else benchmark.panel,
        left_out=loaded.left_out,
        fingerprint=loaded.fingerprint,
        survivorship="" if source.price_indices.issuperset(traded) else source.survivorship,
        benchmark_is_price_index=config.backtest.benchmark in source.price_indices,
        is_unfunded=unfunded,
        findings=findings,
        is_adjustment_doubted=loaded.is_adjustment_doubted,
    )
    report_data(panel, loaded.fingerprint, loaded.left_out, findings, context)
    context.progress("load data", 1, 1)
    return market


def _remarks(source: DataSourcePlugin, tickers: Sequence[str]) -> list[str]:
    """Return what is to be known of the instruments that a run trades."""
    indices = [ticker for ticker in tickers if ticker in source.price_indices]
    told = [source.remarks[ticker] for ticker in tickers if ticker in source.remarks]
    if not indices:
        return told
    are = "is a price index" if len(indices) == 1 else "are price indices"
    return [f"{', '.join(indices)} {are}: nobody can buy one, and its dividends are not in its prices.", *told]


def _terms(broker: BrokerPlugin, panel: pd.DataFrame, *, is_unfunded: bool) -> BrokerTerms:
    terms = broker.terms(panel)
    return without_financing(terms) if is_unfunded else terms


def _load_benchmark(source: DataSourcePlugin, data: LoadDataConfig, ticker: str | None) -> LoadedPanel | None:
    if ticker is None:
        return None
    wanted = data.model_copy(update={"tickers": (ticker,), "min_history_bars": 0})
    return load_panel(source, wanted, is_traded=False)


def _findings_of_benchmark(benchmark: LoadedPanel | None, traded: LoadedPanel) -> tuple[str, ...]:
    if benchmark is None:
        return ()
    own = held_currencies(traded.panel), held_currencies(benchmark.panel)
    return (*(f"Benchmark: {finding}" for finding in benchmark.findings), *benchmark_currency_findings(*own))
