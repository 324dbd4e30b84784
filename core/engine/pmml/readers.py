"""Which trained objects the PMML writer can read, by the library that made them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.base.errors import ExportError
from core.contracts.model import ModelPlugin
from core.engine.pmml.boosters import read_lightgbm, read_xgboost
from core.engine.pmml.scikit_models import read_forest, read_linear
from core.engine.pmml.score_model import JoinedScores

if TYPE_CHECKING:
    from core.contracts.model import JoinedModels
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
    try:
        return _read(model)
    except _UnknownModelError as error:
        others = "onnx, native or bundle" if _may_have_onnx(model) else "native or bundle"
        raise ExportError(f"{error} Use {others}.") from error


class _UnknownModelError(ExportError):
    """A model, or one that it is made of, is of a kind that PMML is not written of."""


def _read(model: ModelPlugin) -> Scored:
    joined = model.joined_models()
    if joined is not None:
        return _read_joined(joined)
    trained = model.library_object()
    kind = f"{type(trained).__module__}.{type(trained).__qualname__}"
    if kind not in _READERS:
        known = "xgboost, lightgbm, random_forest, linear and ensembles of these"
        what = "is of none of the libraries that it is written of" if trained is None else f"is a {kind}"
        raise _UnknownModelError(f"PMML: model {type(model).name!r} {what}; what can be written is {known}.")
    return _READERS[kind](trained)


def _may_have_onnx(model: ModelPlugin) -> bool:
    """Return whether the exporter onnx writes such models: an ensemble only of members that read one row at a time."""
    joined = model.joined_models()
    if joined is None:
        return type(model).to_onnx is not ModelPlugin.to_onnx
    parts = [*joined.members, *([joined.final] if joined.final is not None else [])]
    return all(_may_have_onnx(part) and "earlier_rows" not in part.capabilities for part in parts)


def _read_joined(joined: JoinedModels) -> JoinedScores:
    members = tuple(_read_part(name, part) for name, part in zip(joined.names, joined.members, strict=True))
    final = None if joined.final is None else _read_part("final_model", joined.final)
    return JoinedScores(members, joined.weights, final)


def _read_part(name: str, part: ModelPlugin) -> Scored:
    try:
        return _read(part)
    except ExportError as error:
        raise type(error)(f"The ensemble's member {name!r} cannot be written. {error}") from error
