"""What a mode can refuse before anything is read: sections of a config that cannot go together.

Each check takes the complete config and a maker of its plugins, and refuses with a message that begins with the field.
The stages check again what they need: a script may call them without a mode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.base.errors import ConfigError, QlopError
from core.engine.training_task import check_calibration_has_rows

if TYPE_CHECKING:
    import pandas as pd

    from core.config.run_config import RunConfig
    from core.contracts.broker import BrokerPlugin
    from core.contracts.labeler import LabelerPlugin
    from core.contracts.model import ModelPlugin
    from core.contracts.orchestrator import MakesPlugins
    from core.contracts.strategy import StrategyPlugin

__all__ = [
    "check_model_can_learn_label",
    "check_predictions_are_causal",
    "check_prices_fit_broker",
    "check_strategies_get_predictions",
]


def check_model_can_learn_label(config: RunConfig, make_plugin: MakesPlugins) -> None:
    """Refuse a model that does not do what the label asks for, and a calibration without rows.

    Raises
    ------
    ConfigError
        If the label's task is not among the model's, or its probabilities are to be calibrated on no rows.
    """
    if config.label is None or config.model is None:
        return
    labeler: LabelerPlugin = make_plugin("labelers", config.label.labeler_type, config.label.labeler_params)
    model: ModelPlugin = make_plugin("models", config.model.model_type, config.model.model_params)
    if labeler.task not in model.tasks:
        raise ConfigError(
            f"model.model_type is {config.model.model_type!r}, which does {' and '.join(sorted(model.tasks))} alone; "
            f"label {config.label.labeler_type!r} asks for {labeler.task}. The built-in models 'linear' and 'xgboost' "
            f"do both; or choose a label for {' or '.join(sorted(model.tasks))}."
        )
    check_calibration_has_rows(config.model, config.splits, labeler.task)


def check_strategies_get_predictions(config: RunConfig, make_plugin: MakesPlugins) -> None:
    """Refuse strategies and baselines that need predictions where neither a run nor a model's file gives any.

    Raises
    ------
    ConfigError
        If one of them does and backtest names neither predictions_run nor model_file.
    """
    given = (config.backtest.predictions_run, config.backtest.model_file)
    if config.strategy is None or given != (None, None):
        return
    sections = {"strategy": config.strategy}
    sections |= {f"backtest.baselines.{name}": section for name, section in config.backtest.baselines.items()}
    for path, section in sections.items():
        strategy: StrategyPlugin = make_plugin("strategies", section.strategy_type, section.strategy_params)
        if strategy.needs_predictions:
            raise ConfigError(
                f"{path}.strategy_type is {section.strategy_type!r}, which needs predictions, and "
                "backtest.predictions_run is missing. Name a trained run (qlop backtest --run RUN_ID) or a model's "
                "file (--model-file FILE), or use mode pipeline, which trains first."
            )


def check_predictions_are_causal(scheme: str, where: str) -> None:
    """Refuse predictions of models that trained on bars after those they predict.

    Raises
    ------
    ConfigError
        If the scheme is not walk_forward.
    """
    if scheme != "walk_forward":
        raise ConfigError(
            f"{where}: splits.scheme is {scheme!r}, whose models train on bars after the test block: nobody could have "
            "traded their predictions. Score models with it (mode train), and backtest with walk_forward."
        )


def check_prices_fit_broker(config: RunConfig, make_plugin: MakesPlugins) -> None:
    """Refuse adjusted prices for a broker that counts shares.

    A broker whose terms cannot be said without the run's own prices is asked again when they are loaded.

    Raises
    ------
    ConfigError
        If the broker's terms need real shares and data.adjustment is not raw.
    """
    if config.data is None or config.data.adjustment == "raw":
        return
    broker: BrokerPlugin = make_plugin("brokers", config.broker.broker_type, config.broker.broker_params)
    try:
        terms = broker.terms(_two_bars())
    except QlopError:
        return
    if terms.needs_real_shares:
        raise ConfigError(
            f"data.adjustment is {config.data.adjustment!r}, whose prices are not those of a share on its day; broker "
            f"{config.broker.broker_type!r} charges by the share. Set data.adjustment to raw, or "
            "broker.broker_params.allow_adjusted_shares to true."
        )


def _two_bars() -> pd.DataFrame:
    """Return the least panel that terms can be asked for."""
    import pandas as pd

    timestamps = pd.date_range("2024-01-02", periods=2, tz="UTC", unit="us")
    index = pd.MultiIndex.from_product([timestamps, ["ANY"]], names=["timestamp", "ticker"])
    prices = dict.fromkeys(("open", "high", "low", "close"), 100.0)
    return pd.DataFrame({**prices, "volume": 1e6, "risk_free_rate_annual": 0.03}, index=index)
