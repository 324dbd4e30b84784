"""Which trained objects the PMML writer can read, by the library that made them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.base.errors import ExportError
from core.engine.pmml.boosters import read_lightgbm, read_xgboost
from core.engine.pmml.scikit_models import read_forest, read_linear
from core.engine.pmml.score_model import JoinedScores

if TYPE_CHECKING:
    from core.contracts.model import JoinedModels, ModelPlugin
    from core.engine.pmml.score_model import Scored, ScoreModel

__all__ = ["read_scores"]

_READERS: Mapping[str, Callable[[Any], ScoreModel]] = {
    "xgboost.core.Booster": read_xgboost,
    "lightgbm.basic.Booster": read_lightgbm,
    "sklearn.pipeline.Pipeline": read_linear,
    "sklearn.ensemble._forest.RandomForestClassifier": read_forest,
    "sklearn.ensemble._forest.RandomForestRegressor": read_forest,
}


def read_scores(model: ModelPlugin) -> Scored:
    """Return a trained model's scores; of one that is made of models those of all of them.

    Raises
    ------
    ExportError
        If it, or a model that it is made of, is not a sum of trees or of features that can be written.
    """
    joined = model.joined_models()
    if joined is not None:
        return _read_joined(joined)
    trained = model.library_object()
    kind = f"{type(trained).__module__}.{type(trained).__qualname__}"
    if kind not in _READERS:
        known = "xgboost, lightgbm, random_forest, linear and ensembles of these"
        what = "shows no trained object of a library" if trained is None else f"is a {kind}"
        raise ExportError(
            f"PMML: model {type(model).name!r} {what}; what can be written is {known}. Use onnx, native or bundle."
        )
    return _READERS[kind](trained)


def _read_joined(joined: JoinedModels) -> JoinedScores:
    members = tuple(_read_part(name, part) for name, part in zip(joined.names, joined.members, strict=True))
    final = None if joined.final is None else _read_part("final_model", joined.final)
    return JoinedScores(members, joined.weights, final)


def _read_part(name: str, part: ModelPlugin) -> Scored:
    try:
        return read_scores(part)
    except ExportError as error:
        raise ExportError(f"The ensemble's member {name!r} cannot be written. {error}") from error
