"""Whether strategies can go by the predictions of a label: what a config tells of both before anything is trained.

1. A strategy that follows predictions for longs, with a label made for shorts, buys just when the short should pay, and
   the other way round: refused.
2. A strategy reads columns of the predictions. Which there will be follows from the label, and from whether there are
   rows to calibrate on; which there are, from the predictions themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.base.errors import ConfigError, QlopError
from core.engine.model_columns import probability_column

if TYPE_CHECKING:
    from core.config.run_config import RunConfig
    from core.config.sections import LabelConfig, StrategyConfig
    from core.contracts.labeler import LabelerPlugin
    from core.contracts.orchestrator import MakesPlugins
    from core.contracts.strategy import StrategyPlugin

__all__ = ["PredictedLabel", "check_strategies_fit_label", "check_strategies_fit_predictions"]

PAYOFF_COLUMNS = ("payoff_probability", "payoff_gain", "payoff_loss")
_OF_FOLDS = ("fold", "path")
_OF_THE_FUTURE = ("target", "label_end")


@dataclass(frozen=True)
class PredictedLabel:
    """The label behind predictions that were made elsewhere.

    Attributes
    ----------
    label : LabelConfig
        What they predict.
    origin : str
        Where they come from, such as "run 6f..", for messages.
    columns : collection of str
        Those of the predictions.
    """

    label: LabelConfig
    origin: str
    columns: Collection[str]


def check_strategies_fit_label(config: RunConfig, make_plugin: MakesPlugins) -> None:
    """Refuse strategies and baselines that the config's own label does not suit.

    Raises
    ------
    ConfigError
        If one follows the other side, or reads a column that the predictions will not have.
    """
    if config.label is None:
        return
    labeler: LabelerPlugin = make_plugin("labelers", config.label.labeler_type, config.label.labeler_params)
    for path, section, strategy in _strategies(config, make_plugin):
        _check_side(path, section, strategy, labeler, "label.labeler_params")
        lacking = [name for name in strategy.needed_columns if not _may_come(name, labeler, config)]
        if lacking:
            raise ConfigError(_lacking(path, section, lacking[0], labeler, config))


def check_strategies_fit_predictions(config: RunConfig, made: PredictedLabel, make_plugin: MakesPlugins) -> None:
    """Refuse strategies and baselines that predictions made elsewhere do not suit.

    Raises
    ------
    ConfigError
        If one follows the other side, or reads a column that the predictions do not have.
    """
    labeler = _labeler_of(made, make_plugin)
    for path, section, strategy in _strategies(config, make_plugin):
        if labeler is not None:
            _check_side(path, section, strategy, labeler, f"label.labeler_params of {made.origin}")
        known = [name for name in made.columns if name not in _OF_THE_FUTURE]
        lacking = [name for name in strategy.needed_columns if name not in known]
        if lacking:
            raise ConfigError(
                f"{path}.strategy_params: {section.strategy_type!r} reads the predictions' column {lacking[0]!r}, and "
                f"those of {made.origin} have none of that name to go by; they have {', '.join(known)}. Name one of "
                "them, or predictions that have it."
            )


def _labeler_of(made: PredictedLabel, make_plugin: MakesPlugins) -> LabelerPlugin | None:
    try:
        labeler: LabelerPlugin = make_plugin("labelers", made.label.labeler_type, made.label.labeler_params)
    except QlopError:
        # Its plugin is not here, or has changed: its predictions can be traded all the same.
        return None
    return labeler


def _strategies(config: RunConfig, make_plugin: MakesPlugins) -> Iterator[tuple[str, StrategyConfig, StrategyPlugin]]:
    """Yield path, section and plugin of each strategy that goes by predictions."""
    sections = {} if config.strategy is None else {"strategy": config.strategy}
    sections |= {f"backtest.baselines.{name}": section for name, section in config.backtest.baselines.items()}
    for path, section in sections.items():
        strategy: StrategyPlugin = make_plugin("strategies", section.strategy_type, section.strategy_params)
        if strategy.needs_predictions:
            yield path, section, strategy


def _check_side(path: str, section: StrategyConfig, strategy: StrategyPlugin, labeler: LabelerPlugin, at: str) -> None:
    followed, made_for = strategy.label_side, labeler.label_side
    if followed is None or made_for is None or followed == made_for:
        return
    harm = "buy just when the short is predicted to pay" if followed == "long" else "sell just when the long is"
    raise ConfigError(
        f"{path}.strategy_params: {section.strategy_type!r} follows predictions of what a {followed} pays, and {at} "
        f"make the label {labeler.name!r} for a {made_for}: it would {harm}. Give both the same side, by `side` where "
        "they have it, or take a strategy for that side."
    )


def _may_come(column: str, labeler: LabelerPlugin, config: RunConfig) -> bool:
    if column in PAYOFF_COLUMNS:
        return config.splits.calibration_fraction > 0
    if column in _OF_FOLDS:
        return True
    if labeler.task == "regression":
        return column == "prediction"
    if labeler.classes is None:
        return column == "prediction" or column.startswith("probability_")
    return column in _of_classes(labeler.classes)


def _of_classes(classes: tuple[float, ...]) -> list[str]:
    return ["prediction", *map(probability_column, classes)]


def _lacking(path: str, section: StrategyConfig, column: str, labeler: LabelerPlugin, config: RunConfig) -> str:
    reads = f"{path}.strategy_params: {section.strategy_type!r} reads the predictions' column {column!r}"
    if column in PAYOFF_COLUMNS:
        return (
            f"{reads}, which is learned on the calibration rows, and splits.calibration_fraction is 0. Set it to 0.15, "
            "or take a strategy that reads no payoff, such as 'threshold'."
        )
    known = ["prediction"] if labeler.task == "regression" else _of_classes(labeler.classes or (0.0, 1.0))
    payoff = PAYOFF_COLUMNS if config.splits.calibration_fraction > 0 else ()
    return (
        f"{reads}, and the label {labeler.name!r}, a {labeler.task}, gives none of that name. Columns to go by are "
        f"{', '.join((*known, *payoff))}."
    )
