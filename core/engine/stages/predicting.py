"""The stage that predicts by a model's file in place of training: only bars after those the model learned from.

1. Open the file, and check that it says all that is needed (opened_model.py).
2. Make its features on all bars, so that the first predicted one has its warm-up.
3. Predict the bars after the last one that the model, or a label it learned from, depends on.
4. Score them, where the bars tell how they came out (scoring.py).
5. Say what was found: the file's hash, the bars, and how these prices differ from those of the training.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.engine.fold_predictions import in_order
from core.engine.learned_elsewhere import LearnedElsewhere
from core.engine.model_file import FIELD, unpacked_model_file
from core.engine.model_findings import model_findings
from core.engine.opened_model import OpenedModel, open_model
from core.engine.prediction_origin import ModelFileOrigin, moment_text
from core.engine.stages.scoring import FileScores, score_by_label

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.config.run_config import RunConfig
    from core.contracts.run_context import RunContext
    from core.engine.stages.market import Market

__all__ = ["predict_by_model_file"]

_FEWEST_BARS = 2


def predict_by_model_file(
    config: RunConfig, market: Market, context: RunContext
) -> tuple[pd.DataFrame, ModelFileOrigin]:
    """Return a model file's predictions of the bars it has not learned from, and where they come from.

    Artifacts: model_file.json, model_predictions.

    Returns
    -------
    DataFrame
        As `FittedModel.predict` gives it, index (timestamp, ticker): every row of the panel after `learned.until`.
    ModelFileOrigin
        For the summary.

    Raises
    ------
    DataError
        If the file is refused (see open_model), its bars are of another interval, its features come out under other
        names, or the prices hold fewer than two bars after those that the model learned from.
    """
    if config.backtest.model_file is None:
        raise DataError(f"{FIELD} is missing; name a file that the exporter native wrote.")
    with unpacked_model_file(Path(config.backtest.model_file)) as file:
        model = open_model(file, context)
        _check_interval(model, config)
        is_new = _out_of_sample(model, market.panel)
        features = _features(model, market.panel)
        # One block of memory, as in training, so that libraries add up in the same order.
        rows = pd.DataFrame(
            features.to_numpy(dtype=np.float64)[is_new], index=features.index[is_new], columns=features.columns
        )
        predictions = model.fitted.predict(rows)
        scores = score_by_label(model, predictions, market, context)
    origin = _origin(model, predictions, scores)
    _report(model, origin, predictions, scores, context)
    for finding in model_findings(model, config, features, is_new):
        context.log(finding, level="warning")
    return predictions, origin


def _check_interval(model: OpenedModel, config: RunConfig) -> None:
    trained_on = model.trained_with.data.interval
    interval = config.data.interval if config.data else trained_on
    if interval != trained_on:
        raise DataError(
            f"{FIELD}: the model of {model.file.name} learned from {trained_on} bars, and data.interval is "
            f"{interval!r}: its features count other bars there. Set data.interval to {trained_on!r}."
        )


def _out_of_sample(model: OpenedModel, panel: pd.DataFrame) -> NDArray[np.bool_]:
    timestamps = pd.DatetimeIndex(panel.index.get_level_values("timestamp"))
    is_new = np.asarray(timestamps > model.learned.until)
    found = timestamps[is_new].nunique()
    if found >= _FEWEST_BARS:
        return is_new
    raise DataError(
        f"{FIELD}: the model of {model.file.name} learned from bars until {moment_text(model.learned.until)} (its "
        f"labels' ends included), and the prices run from {moment_text(timestamps[0])} to "
        f"{moment_text(timestamps[-1])}: {found} bar{'' if found == 1 else 's'} after it, and at least {_FEWEST_BARS} "
        "are needed, since bars that the model learned from prove nothing. Load later prices (data.end_date), or train "
        "on an earlier part of them and export that model."
    )


def _features(model: OpenedModel, panel: pd.DataFrame) -> pd.DataFrame:
    features = model.pipeline.transform(panel)
    found, wanted = list(features.columns), list(model.card.feature_columns)
    if found == wanted:
        return features
    missing = [name for name in wanted if name not in found]
    unknown = [name for name in found if name not in wanted]
    said = f"lack {missing[0]!r}" if missing else f"add {unknown[0]!r}" if unknown else "come in another order"
    raise DataError(
        f"{FIELD}: the model of {model.file.name} was trained on the features {', '.join(wanted)}; those that its "
        f"feature steps make here {said}. The steps' plugins are others than where it was trained; install those "
        "versions, or train again."
    )


def _origin(model: OpenedModel, predictions: pd.DataFrame, scores: FileScores) -> ModelFileOrigin:
    inner = model.fitted.model
    until = inner.learned_until if "pretrained" in inner.capabilities else None
    bars = pd.DatetimeIndex(predictions.index.unique(level="timestamp"))
    return ModelFileOrigin(
        file_name=model.file.name,
        sha256=model.file.sha256,
        model=model.card.model_type,
        learned=model.learned,
        label=model.trained_with.label,
        n_bars=len(bars),
        first_bar=bars[0],
        last_bar=bars[-1],
        learned_elsewhere=LearnedElsewhere.said(until, predictions),
        scores=scores.metrics,
        unscored=scores.unscored,
    )


def _report(
    model: OpenedModel, origin: ModelFileOrigin, predictions: pd.DataFrame, scores: FileScores, context: RunContext
) -> None:
    context.record(model_file_sha256=model.file.sha256)
    context.save_json(
        "model_file",
        {
            "file_name": model.file.name,
            "sha256": model.file.sha256,
            "size_bytes": model.file.size_bytes,
            "model_type": model.card.model_type,
            "model_version": model.card.model_version,
            "model_params": dict(model.card.model_params),
            "feature_columns": list(model.card.feature_columns),
            "learned": model.learned.to_json(),
            "out_of_sample": {
                "n_bars": origin.n_bars,
                "first_bar": origin.first_bar.isoformat(),
                "last_bar": origin.last_bar.isoformat(),
            },
            "trained_with": model.trained_with.model_dump(mode="json"),
        },
    )
    known = predictions if scores.outcomes is None else in_order(predictions.join(scores.outcomes))
    context.save_table("model_predictions", known)
    context.log(origin.sentence, sha256=model.file.sha256)
    for name, value in scores.metrics.items():
        if value is None or isinstance(value, float):
            context.metric(name, value)
    if scores.unscored:
        context.log(f"The predictions are not scored: {scores.unscored}.", level="warning")
