"""The config of one run."""

from __future__ import annotations

from unicodedata import category

from pydantic import Field, field_validator

from core.config.section import Section
from core.config.sections import (
    BacktestConfig,
    BrokerConfig,
    ExecutionConfig,
    ExportConfig,
    FeatureStepConfig,
    LabelConfig,
    LimitsConfig,
    LoadDataConfig,
    PluginName,
    PluginParams,
    PluginsConfig,
    SinkConfig,
    SplitsConfig,
    StrategyConfig,
    TrainModelConfig,
)

__all__ = ["RunConfig"]


class RunConfig(Section):
    """Everything that a run depends on, but for the data and the machine."""

    mode: PluginName = Field(default="pipeline", description="Name of an orchestrator plugin.")
    mode_params: PluginParams = Field(default_factory=dict, description="The orchestrator's own parameters.")
    title: str = Field(default="", max_length=200, description="What a person calls this run.")
    seed: int = Field(default=0, ge=0, lt=2**32, description="Seed of everything random.")
    thread_count: int | None = Field(default=None, ge=1, le=1024, description="null: the cores of this machine.")
    data: LoadDataConfig | None = None
    features: tuple[FeatureStepConfig, ...] = ()
    label: LabelConfig | None = None
    model: TrainModelConfig | None = None
    splits: SplitsConfig = SplitsConfig()
    strategy: StrategyConfig | None = None
    broker: BrokerConfig = BrokerConfig()
    execution: ExecutionConfig = ExecutionConfig()
    backtest: BacktestConfig = BacktestConfig()
    export: ExportConfig = ExportConfig()
    sinks: tuple[SinkConfig, ...] = ()
    limits: LimitsConfig = LimitsConfig()
    plugins: PluginsConfig = PluginsConfig()

    @field_validator("title")
    @classmethod
    def _title_is_one_line(cls, title: str) -> str:
        # It stands in summaries that people print on terminals, which obey control characters.
        for character in title:
            if category(character) == "Cc":
                raise ValueError(f"{title!r} holds the control character U+{ord(character):04X}; take it out")
        return title

    @field_validator("features")
    @classmethod
    def _step_names_are_unique(cls, steps: tuple[FeatureStepConfig, ...]) -> tuple[FeatureStepConfig, ...]:
        names = [step.name for step in steps]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two feature steps are named {twice[0]!r}; give each its own name")
        return steps
