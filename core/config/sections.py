"""The sections of a run's config, each a frozen pydantic model closed to unknown fields.

`*_params` stay plain JSON here; the services check them against the chosen plugins' `Params`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
    JsonValue,
    ValidationInfo,
    field_validator,
    model_validator,
)

from core.base.ticker_names import LONGEST_TICKER, ticker_fault, ticker_text
from core.config.calendar_name import check_calendar_name
from core.config.plugins_config import PluginsConfig
from core.config.section import Section

__all__ = [
    "BacktestConfig",
    "BrokerConfig",
    "ExecutionConfig",
    "ExportConfig",
    "FeatureStepConfig",
    "LabelConfig",
    "LoadDataConfig",
    "PluginsConfig",
    "SinkConfig",
    "SplitsConfig",
    "StrategyConfig",
    "TrainModelConfig",
]

PluginParams = dict[str, JsonValue]
PluginName = Annotated[str, Field(min_length=1, max_length=200)]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]

_NAMES_OF_CURVES = frozenset({"strategy", "benchmark"})


def _check_ticker(name: str) -> str:
    if fault := ticker_fault(name):
        raise ValueError(f"{ticker_text(name)} {fault}")
    return name


Ticker = Annotated[str, Field(min_length=1, max_length=LONGEST_TICKER), AfterValidator(_check_ticker)]


class LoadDataConfig(Section):
    """Which prices, from where."""

    data_source_type: PluginName = Field(description="Name of a data source plugin.")
    data_source_params: PluginParams = Field(default_factory=dict, description="Its parameters.")
    tickers: tuple[Ticker, ...] | None = Field(
        default=None, min_length=1, description="Instruments; null: the source's default."
    )
    start_date: date | None = Field(default=None, description="First session, included.")
    end_date: date | None = Field(default=None, description="Last session, included.")
    interval: str = Field(default="1d", pattern=r"^[1-9][0-9]*(m|h|d|wk|mo)$", description="Bar length.")
    adjustment: Literal["raw", "splits", "total_return"] = Field(
        default="total_return",
        description="What the prices are adjusted for; the engine credits the rest (dividends, splits).",
    )
    min_history_bars: int = Field(default=0, ge=0, description="Tickers with fewer bars are left out, and named.")
    calendar: str | None = Field(
        default=None,
        max_length=40,
        description="Exchange calendar such as XNYS, whose sessions the bars are compared with; null: none.",
    )

    @field_validator("calendar")
    @classmethod
    def _calendar_is_known(cls, name: str | None) -> str | None:
        return None if name is None else check_calendar_name(name)

    @model_validator(mode="after")
    def _dates_are_in_order(self) -> LoadDataConfig:
        if self.start_date and self.end_date and self.start_date > self.end_date:
            raise ValueError(f"start_date {self.start_date} is after end_date {self.end_date}")
        if self.tickers is not None and len(set(self.tickers)) != len(self.tickers):
            raise ValueError("tickers names an instrument twice")
        return self


class FeatureStepConfig(Section):
    """One step of the feature pipeline, by the name that its columns bear."""

    name: Identifier = Field(description="Name of the step; its columns begin with it.")
    feature_step_type: PluginName = Field(description="Name of a feature step plugin.")
    feature_step_params: PluginParams = Field(default_factory=dict, description="Its parameters.")


class LabelConfig(Section):
    """What the model learns to predict."""

    labeler_type: PluginName = Field(description="Name of a labeler plugin.")
    labeler_params: PluginParams = Field(default_factory=dict, description="Its parameters.")


class TrainModelConfig(Section):
    """Which model, and how its probabilities are calibrated."""

    model_type: PluginName = Field(description="Name of a model plugin.")
    model_params: PluginParams = Field(default_factory=dict, description="Its parameters.")
    calibration: Literal["auto", "platt", "isotonic", "off"] = Field(
        default="auto", description="auto: isotonic from 1,000 effective rows of the calibration block, else Platt."
    )
    sample_weights: Literal["uniqueness", "equal"] = Field(
        default="uniqueness", description="uniqueness: overlapping labels share their weight."
    )


class SplitsConfig(Section):
    """How rows are split in time."""

    scheme: Literal["walk_forward", "purged_k_fold", "combinatorial_purged"] = Field(
        default="walk_forward", description="How test blocks follow each other."
    )
    train_bars: int = Field(default=756, ge=1, description="walk_forward: bars before the first test block.")
    test_bars: int = Field(default=126, ge=1, description="walk_forward: bars of a test block.")
    window: Literal["expanding", "rolling"] = Field(default="expanding", description="walk_forward: what trains.")
    embargo_bars: int = Field(
        default=5, ge=0, description="purged_k_fold, combinatorial_purged: bars after a test block that do not train."
    )
    n_folds: int = Field(default=6, ge=2, le=100, description="purged_k_fold, combinatorial_purged: blocks.")
    n_test_folds: int = Field(default=2, ge=1, le=10, description="combinatorial_purged: blocks tested together.")
    early_stopping_fraction: float = Field(
        default=0.15,
        ge=0.0,
        lt=0.5,
        description="Part of the training bars for early stopping.",
    )
    calibration_fraction: float = Field(
        default=0.15, ge=0.0, lt=0.5, description="Last part of the training bars, for calibration."
    )

    @model_validator(mode="after")
    def _blocks_fit(self) -> SplitsConfig:
        if self.scheme == "combinatorial_purged" and self.n_test_folds >= self.n_folds:
            raise ValueError(f"n_test_folds {self.n_test_folds} must be less than n_folds {self.n_folds}")
        return self


class StrategyConfig(Section):
    """How exposure follows from prices and predictions."""

    strategy_type: PluginName = Field(description="Name of a strategy plugin.")
    strategy_params: PluginParams = Field(default_factory=dict, description="Its parameters.")


class BrokerConfig(Section):
    """The account's terms; the label and the backtest share them."""

    broker_type: PluginName = Field(default="flat", description="Name of a broker plugin.")
    broker_params: PluginParams = Field(default_factory=dict, description="Its parameters.")


class ExecutionConfig(Section):
    """How targets become fills."""

    fill: Literal["next_open", "next_close", "same_close"] = Field(
        default="next_open",
        description="When a target decided at a close is filled; same_close fills in that very auction.",
    )
    shares: Literal["fractional", "whole"] = Field(default="fractional", description="whole floors toward zero.")
    rebalance: Literal["on_change", "every_bar", "schedule"] = Field(
        default="on_change", description="on_change: when the target differs from the last target."
    )
    schedule: Literal["month_end", "week_end"] | None = Field(default=None, description="rebalance schedule: when.")
    size_price: Literal["signal_close", "fill"] = Field(default="fill", description="Price that sizes an order.")
    size_includes_fee: bool = Field(default=True, description="Whether an order is sized so that its fee fits too.")
    cash_buffer: float = Field(default=0.0, ge=0.0, lt=1.0, description="Fraction of the target value held back.")
    reversal: Literal["two_orders", "one_order"] = Field(
        default="two_orders", description="two_orders: close with its fee, then open at the new cash."
    )
    close_at_end: Literal["off", "last_open", "last_close"] = Field(
        default="last_close", description="Whether open positions are sold at the end of the data."
    )
    initial_cash: float = Field(default=100_000.0, gt=0.0, le=1e15, description="Equity at the start.")

    @model_validator(mode="before")
    @classmethod
    def _close_at_end_may_be_a_boolean(cls, raw: object) -> object:
        if isinstance(raw, dict) and isinstance(raw.get("close_at_end"), bool):
            return {**raw, "close_at_end": "last_close" if raw["close_at_end"] else "off"}
        return raw

    @model_validator(mode="after")
    def _schedule_is_named(self) -> ExecutionConfig:
        if (self.rebalance == "schedule") != (self.schedule is not None):
            raise ValueError("schedule is to be given with rebalance: schedule, and only then")
        return self


class BacktestConfig(Section):
    """What a backtest is fed and compared with."""

    predictions_run: str | None = Field(
        default=None, description="Run whose out-of-sample predictions feed the strategy (mode backtest)."
    )
    model_file: str | None = Field(
        default=None,
        min_length=1,
        max_length=4_096,
        description="File of the exporter native; its model predicts the bars after those it learned from.",
    )
    baselines: dict[Identifier, StrategyConfig] = Field(
        default_factory=dict, description="Strategies simulated beside, under the same terms and dates."
    )
    benchmark: Ticker | None = Field(default=None, description="Ticker of the same data source, bought and held.")
    periods_per_year: float | None = Field(
        default=None, gt=0.0, le=1e6, description="Bars in a year of annual figures; null: as data.interval says."
    )

    @field_validator("baselines")
    @classmethod
    def _baselines_are_named_apart(cls, baselines: dict[str, StrategyConfig]) -> dict[str, StrategyConfig]:
        for name in sorted(_NAMES_OF_CURVES & set(baselines)):
            raise ValueError(
                f"one is named {name!r}, as a curve of every backtest is (backtest.baselines.{name}); give it another "
                "name"
            )
        return baselines

    @field_validator("benchmark")
    @classmethod
    def _benchmark_is_no_baselines_name(cls, ticker: str | None, others: ValidationInfo) -> str | None:
        if ticker is not None and ticker in others.data.get("baselines", {}):
            raise ValueError(
                f"it is {ticker!r}, and so is the name of a baseline, backtest.baselines.{ticker}; both curves would "
                "bear it, so give the baseline another name"
            )
        return ticker

    @field_validator("model_file")
    @classmethod
    def _predictions_have_one_source(cls, path: str | None, others: ValidationInfo) -> str | None:
        run = others.data.get("predictions_run")
        if path is not None and run is not None:
            raise ValueError(
                f"it is {path!r} beside predictions_run {run!r}; predictions come from a file or from a run, so set "
                "one of the two to null"
            )
        return path


class ExportConfig(Section):
    """Which format a model leaves in."""

    model_run: str | None = Field(default=None, description="Run whose model is exported (mode export).")
    exporter_type: PluginName = Field(default="native", description="Name of an exporter plugin.")
    exporter_params: PluginParams = Field(default_factory=dict, description="Its parameters.")


class SinkConfig(Section):
    """Where results are written besides the run's folder."""

    sink_type: PluginName = Field(description="Name of a sink plugin.")
    sink_params: PluginParams = Field(default_factory=dict, description="Its parameters.")


class LimitsConfig(Section):
    """What a run may take; beyond it the run ends as failed."""

    time_s: float | None = Field(
        default=None, gt=0.0, le=1e9, description="Seconds from its beginning, without the wait in the queue."
    )
    memory_mb: float | None = Field(
        default=None, gt=0.0, le=1e9, description="Megabytes of memory of its process and all that it started."
    )
