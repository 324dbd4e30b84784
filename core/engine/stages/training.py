"""The second stage: features, labels, out-of-sample predictions, and a model to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from core.base.errors import ConfigError, RunError
from core.engine.example_answers import check_kept_model
from core.engine.fold_findings import fold_findings
from core.engine.joined_models import member_versions
from core.engine.labels import check_labels, kept_labels, label_report
from core.engine.learned_elsewhere import LearnedElsewhere, learned_with
from core.engine.memory_need import check_training_fits, memory_room
from core.engine.model_artifact import load_model_artifact, read_model_card, save_fitted_model
from core.engine.model_card_text import ModelCardFacts, write_model_card_text
from core.engine.model_notes import model_notes
from core.engine.shap_values import mean_absolute_shap
from core.engine.stages.foresight import check_features_and_labels
from core.engine.training import TrainingResult, TrainingTask, train_model
from core.engine.watched_features import WatchedPipeline, rows_trained_first

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from pydantic import JsonValue

    from core.config.run_config import RunConfig
    from core.config.sections import TrainModelConfig
    from core.contracts.exporter import ModelArtifact
    from core.contracts.feature_step import FeatureStepPlugin
    from core.contracts.labeler import LabelerPlugin
    from core.contracts.model import ModelPlugin
    from core.contracts.run_context import RunContext
    from core.contracts.run_result import MetricValue
    from core.engine.features import FeaturePipeline
    from core.engine.stages.market import Market

__all__ = ["Trained", "open_model_artifact", "train"]


@dataclass(frozen=True)
class Trained:
    """What training hands on.

    Attributes
    ----------
    predictions : DataFrame
        Out-of-sample rows only.
    fold_scores : DataFrame
        One row a fold.
    labels : mapping
        The report on all labels, by name.
    labels_out_of_sample : mapping
        The same on the rows alone that the model was scored on.
    metrics : mapping
        Out-of-sample scores by name, what the folds say one by one, and the two reports under label.<name> and
        label_out_of_sample.<name>.
    learned_elsewhere : LearnedElsewhere or None
        Of a pretrained model: until when it had learned, beside the first of these predictions.
    question : str
        What the label asks, in words; see `LabelerPlugin.question`.
    """

    predictions: pd.DataFrame
    fold_scores: pd.DataFrame
    labels: Mapping[str, MetricValue]
    labels_out_of_sample: Mapping[str, MetricValue]
    metrics: Mapping[str, MetricValue]
    learned_elsewhere: LearnedElsewhere | None = None
    question: str = ""


@dataclass(frozen=True)
class _ContextReporter:
    """Passes what training reports to the run's events."""

    context: RunContext

    def progress(self, step: str, value: float, total: float, unit: str = "fits", *, within: str = "") -> None:
        self.context.progress(step, value, total, unit, within=within)

    def metric(self, name: str, value: float | None, step: int | None, fold: int | None) -> None:
        self.context.metric(name, value, step=step, fold=fold)

    def log(self, message: str, *, level: Literal["info", "warning"] = "info", **fields: MetricValue) -> None:
        self.context.log(message, level=level, **fields)

    def check_cancelled(self) -> None:
        self.context.check_cancelled()


def train(config: RunConfig, market: Market, context: RunContext) -> Trained:
    """Label, build features, train by the config's splits and save what came of it.

    Artifacts: labels, predictions, fold_scores, learning_curves, feature_importances, shap_importances, model_notes,
    model_card.md, model/; learned_elsewhere of a pretrained model.

    Raises
    ------
    ConfigError
        If label, model or features are missing from the config.
    LookAheadError
        If a feature or a label changes when later bars are removed (foresight.py).
    DataError, TrainingError
        As labelers, steps and models raise them; TrainingError also if the model cannot be read back from its file.
    RunLimitError
        If the machine, or limits.memory_mb, has less memory than the training takes at least.
    """
    if config.label is None or config.model is None or not config.features:
        raise ConfigError("Training needs features, label and model; see configs/leverage_opportunity.yaml.")
    check_training_fits(market.panel, len(config.features), memory_room(config.limits.memory_mb))
    labeler: LabelerPlugin = context.plugin("labelers", config.label.labeler_type, config.label.labeler_params)
    check_features_and_labels(_steps(config, context), labeler, market, context)
    labels = labeler.label(market.panel, terms=market.terms)
    check_labels(labels, market.panel, task=labeler.task)
    report = label_report(labels, market.panel)
    context.save_json("labels", report)
    # What else a labeler tells has been told; it would lie beside the training for nothing.
    labels = kept_labels(labels)
    task = TrainingTask(
        data=market.panel,
        labels=labels,
        pipeline=_pipeline(config, labels, context),
        make_model=_model_factory(config.model, context),
        task=labeler.task,
        splits=config.splits,
        model=config.model,
        seed=context.seed,
        thread_count=context.thread_count,
        report=_ContextReporter(context),
    )
    result = train_model(task)
    trained = replace(_trained(result, labels, report, market.panel), question=labeler.question)
    if trained.learned_elsewhere is not None:
        context.save_json("learned_elsewhere", trained.learned_elsewhere.to_json())
    shap_importances = _shap_importances(result)
    model = result.final_model.model
    notes = model_notes(model, result.importances, result.learning_curves, shap_importances)
    context.save_json("model_notes", notes.to_json())
    description = _description(config, market, task.pipeline, model)
    description["base_rates"] = {**result.base_rates}
    _save(result, context, description, shap_importances)
    facts = ModelCardFacts(config, market, result, trained.metrics, shap_importances, notes)
    context.save_text("model_card.md", write_model_card_text(facts))
    return trained


def _trained(
    result: TrainingResult, labels: pd.DataFrame, report: Mapping[str, MetricValue], panel: pd.DataFrame
) -> Trained:
    judged = label_report(labels[result.is_scored], panel)
    metrics: dict[str, MetricValue] = {**result.metrics, **fold_findings(result.predictions, result.fold_scores)}
    metrics |= {f"label.{name}": value for name, value in report.items()}
    metrics |= {f"label_out_of_sample.{name}": value for name, value in judged.items()}
    model = result.final_model.model
    until = model.learned_until if "pretrained" in model.capabilities else None
    elsewhere = LearnedElsewhere.said(until, result.predictions)
    return Trained(result.predictions, result.fold_scores, report, judged, metrics, elsewhere)


def _pipeline(config: RunConfig, labels: pd.DataFrame, context: RunContext) -> FeaturePipeline:
    steps = _steps(config, context)
    return WatchedPipeline(steps, rows_trained_first(labels, config.splits), partial(context.log, level="warning"))


def _steps(config: RunConfig, context: RunContext) -> list[FeatureStepPlugin]:
    return [
        context.plugin("feature_steps", step.feature_step_type, step.feature_step_params, instance_name=step.name)
        for step in config.features
    ]


def _model_factory(model: TrainModelConfig, context: RunContext) -> Callable[[], ModelPlugin]:
    def make_model() -> ModelPlugin:
        made: ModelPlugin = context.plugin("models", model.model_type, model.model_params)
        return made

    return make_model


def _description(
    config: RunConfig, market: Market, pipeline: FeaturePipeline, model: ModelPlugin
) -> dict[str, JsonValue]:
    """Return what a file of the model needs to say, so that it can be fed again and traded without its run."""
    described: dict[str, JsonValue] = config.model_dump(
        mode="json", include={"data", "features", "label", "broker", "seed"}
    )
    described["tickers"] = list(market.panel.index.unique(level="ticker"))
    described["data_fingerprint"] = market.fingerprint
    described["member_versions"] = {**member_versions(model)}
    described["feature_step_versions"] = {step.name: step.version for step in pipeline.steps}
    return described


def _shap_importances(result: TrainingResult) -> pd.DataFrame | None:
    """Return the mean absolute SHAP value of each feature over the example rows; None where the model has none."""
    import pandas as pd

    values = result.final_model.model.shap_values(result.example_features)
    if values is None:
        return None
    names = list(result.final_model.feature_columns)
    return pd.DataFrame({"feature": names, "mean_absolute_shap": mean_absolute_shap(values, len(names))})


def _save(
    result: TrainingResult,
    context: RunContext,
    description: Mapping[str, JsonValue],
    shap_importances: pd.DataFrame | None,
) -> None:
    context.save_table("predictions", result.predictions)
    context.save_table("fold_scores", result.fold_scores)
    if len(result.learning_curves):
        context.save_table("learning_curves", result.learning_curves)
    importances = result.importances.rename_axis("feature").reset_index(name="importance")
    context.save_table("feature_importances", importances)
    if shap_importances is not None:
        context.save_table("shap_importances", shap_importances)
    folder = context.new_folder("model")
    save_fitted_model(
        result.final_model,
        folder,
        example_features=result.example_features,
        description=description,
        learned=learned_with(result.learned, result.final_model.model),
    )
    # Published first: what was trained stays, even where it cannot be read back.
    kept = context.save_folder("model", folder)
    check_kept_model(kept, _model_maker(kept, context))


def open_model_artifact(run_id: str, context: RunContext) -> ModelArtifact:
    """Return the model of another run, as exporters take it.

    Raises
    ------
    RunError
        If there is no such run, it has not completed, or it trained no model.
    DataError
        If a file of the model was altered.
    """
    folder = context.artifacts_of(run_id) / "model"
    if not folder.is_dir():
        raise RunError(f"Run {run_id} trained no model; name a run of mode train or pipeline.")
    return load_model_artifact(folder, _model_maker(folder, context))


def _model_maker(folder: Path, context: RunContext) -> Callable[[], ModelPlugin]:
    """Return what makes a new, untrained model of the kind that a folder's card names."""
    card = read_model_card(folder)

    def make_model() -> ModelPlugin:
        made: ModelPlugin = context.plugin("models", card.model_type, card.model_params)
        return made

    return make_model
