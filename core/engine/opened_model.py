"""A model out of its file, ready to be asked about bars that it has not learned from.

1. The file must say from which bars the model learned, and by which features it is fed.
2. A feature step that learns is refused by its name: what it learned is not in the file.
3. A limited process reads the model's files before this one does (outside_model.py).
4. The model must predict the file's own example rows as it did where it was saved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from core.base.errors import DataError
from core.base.validation import explain_validation_error
from core.config.sections import BrokerConfig, FeatureStepConfig, LabelConfig, LoadDataConfig
from core.engine.example_answers import other_answer
from core.engine.features import FeaturePipeline
from core.engine.fitted_model import FittedModel
from core.engine.learned_elsewhere import learned_with
from core.engine.model_artifact import load_example_rows, load_fitted_model
from core.engine.model_card import ModelCard, read_model_card
from core.engine.outside_model import check_outside_model

if TYPE_CHECKING:
    import pandas as pd

    from core.contracts.model import ModelPlugin
    from core.contracts.run_context import RunContext
    from core.engine.learned_span import LearnedSpan
    from core.engine.model_file import ModelFile

__all__ = ["OpenedModel", "TrainedWith", "open_model"]

_AGAIN = "Train the model again (qlop train-model) and export it (qlop export-model --run RUN_ID)."


class TrainedWith(BaseModel):
    """What a model's file says about its training."""

    model_config = ConfigDict(frozen=True)

    data: LoadDataConfig
    features: tuple[FeatureStepConfig, ...] = Field(min_length=1)
    label: LabelConfig
    broker: BrokerConfig
    tickers: tuple[str, ...] = Field(min_length=1)
    feature_step_versions: dict[str, str]
    member_versions: dict[str, str] = Field(default_factory=dict)
    base_rates: dict[str, float] = Field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class OpenedModel:
    """A model and all that is needed to feed it.

    Attributes
    ----------
    file : ModelFile
        Where it comes from.
    card : ModelCard
        What the file says it is.
    learned : LearnedSpan
        From which bars it learned, what it brought along into its training included.
    trained_with : TrainedWith
        The configs of its training.
    fitted : FittedModel
        The model with its calibration.
    pipeline : FeaturePipeline
        Makes its features; no step learns.
    examples : DataFrame of shape (n_examples, n_features)
        Features of some rows that it learned from; some made missing on purpose.
    """

    file: ModelFile
    card: ModelCard
    learned: LearnedSpan
    trained_with: TrainedWith
    fitted: FittedModel
    pipeline: FeaturePipeline
    examples: pd.DataFrame


def open_model(file: ModelFile, context: RunContext) -> OpenedModel:
    """Read and check all of an unpacked model's file.

    Raises
    ------
    DataError
        If a part was altered, is missing or cannot be read within limits; if the file does not say what the model
        learned from; if a feature step learns; if the model predicts the file's example rows otherwise than it did
        where it was saved.
    PluginError, ConfigError
        If the model's or a feature step's plugin is not there, or takes other parameters.
    """
    try:
        card = read_model_card(file.folder)
        learned = _learned(card)
        trained_with = _trained_with(card.description)
        pipeline = _pipeline(trained_with, context)
        check_outside_model(file.folder)
        fitted = load_fitted_model(file.folder, lambda: _new_model(card, context))
        learned = learned_with(learned, fitted.model)
        examples = _checked_examples(fitted, file.folder)
    except DataError as error:
        raise file.refused(error) from error
    return OpenedModel(file, card, learned, trained_with, fitted, pipeline, examples)


def _learned(card: ModelCard) -> LearnedSpan:
    if card.learned is None:
        raise DataError(
            "It does not say until which bar its model learned (model.json says so from format 2 on, under "
            f"'learned'), so that no bar is known to be out of sample. {_AGAIN}"
        )
    return card.learned


def _trained_with(description: Mapping[str, JsonValue]) -> TrainedWith:
    try:
        return TrainedWith.model_validate(description)
    except ValidationError as error:
        said = explain_validation_error(error, "model.json: description", TrainedWith)
        raise DataError(f"It does not say how its model was trained. {said} {_AGAIN}") from error


def _pipeline(trained_with: TrainedWith, context: RunContext) -> FeaturePipeline:
    pipeline = FeaturePipeline(
        [
            context.plugin("feature_steps", step.feature_step_type, step.feature_step_params, instance_name=step.name)
            for step in trained_with.features
        ]
    )
    learning = pipeline.learning_steps
    if learning:
        kinds = {step.name: step.feature_step_type for step in trained_with.features}
        named = ", ".join(f"{name!r} ({kinds[name]})" for name in learning)
        raise DataError(
            f"Its feature step {named} learns from training rows, and what it learned is not kept in a model's file. "
            "Backtest the run that trained the model (qlop backtest --run RUN_ID), or train without that step."
        )
    return pipeline


def _new_model(card: ModelCard, context: RunContext) -> ModelPlugin:
    made: ModelPlugin = context.plugin("models", card.model_type, card.model_params)
    return made


def _checked_examples(fitted: FittedModel, folder: Path) -> pd.DataFrame:
    features, expected = load_example_rows(folder, fitted.feature_columns)
    if features.empty:
        raise DataError(f"It holds no example row to check its model on. {_AGAIN}")
    try:
        found = fitted.predict(features)
    except (IndexError, KeyError, TypeError, ValueError) as error:
        said = f"{type(error).__name__}: {error!s:.200}"
        raise DataError(f"Its parts contradict each other: its example rows cannot be predicted ({said}).") from error
    if problem := other_answer(found, expected):
        raise DataError(
            f"Its model {problem}: the model's library is another here. Install that one's version. {_AGAIN}"
        )
    return features
