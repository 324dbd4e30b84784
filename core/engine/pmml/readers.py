"""Which trained objects the PMML writer can read, by the library that made them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.base.errors import ExportError
from core.engine.pmml.boosters import read_lightgbm, read_xgboost
from core.engine.pmml.scikit_models import read_forest, read_linear

if TYPE_CHECKING:
    from core.contracts.model import ModelPlugin
    from core.engine.pmml.score_model import ScoreModel

__all__ = ["read_scores"]

_READERS: Mapping[str, Callable[[Any], ScoreModel]] = {
    "xgboost.core.Booster": read_xgboost,
    "lightgbm.basic.Booster": read_lightgbm,
    "sklearn.pipeline.Pipeline": read_linear,
    "sklearn.ensemble._forest.RandomForestClassifier": read_forest,
    "sklearn.ensemble._forest.RandomForestRegressor": read_forest,
}


def read_scores(model: ModelPlugin) -> ScoreModel:
    """Return a trained model's scores.

    Raises
    ------
    ExportError
        If it is not a sum of trees or of features that can be written.
    """
    trained = model.library_object()
    kind = f"{type(trained).__module__}.{type(trained).__qualname__}"
    if kind not in _READERS:
        known = "xgboost, lightgbm, random_forest and linear"
        what = "shows no trained object of a library" if trained is None else f"is a {kind}"
        raise ExportError(
            f"PMML: model {type(model).name!r} {what}; what can be written is {known}. Use onnx, native or bundle."
        )
    return _READERS[kind](trained)
