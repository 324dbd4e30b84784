"""Scores as PMML models: trees as a Segmentation that adds them up, linear scores as a RegressionModel."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from core.engine.pmml.elements import (
    apply,
    constant,
    derived,
    element,
    field,
    mining_schema,
    number,
    output,
)
from core.engine.pmml.rounded_sums import is_rounded, rounded_sum
from core.engine.pmml.score_model import Leaf, LinearScore, Score
from core.engine.pmml.tree_model import free_names, tree_model

__all__ = ["score_model"]


def score_model(score: Score, features: Sequence[str], name: str) -> Element:
    """Return a PMML model that reads `features` and gives the field `name`, without a tree score's base."""
    told = element("Output", output(name, "predictedValue"))
    if isinstance(score, LinearScore):
        return _linear(score, features, told, name)
    if is_rounded(score):
        return rounded_sum(score, features, told, name)
    method = "average" if score.is_mean else "sum"
    segments = [
        element("Segment", element("True"), tree_model(tree, features), id=str(position))
        for position, tree in enumerate(score.trees or (Leaf(0.0),), start=1)
    ]
    segmentation = element("Segmentation", *segments, multipleModelMethod=method)
    return element("MiningModel", mining_schema(features), told, segmentation, functionName="regression")


def _linear(score: LinearScore, features: Sequence[str], told: Element, name: str) -> Element:
    filled = free_names(name, len(features), features)
    parts = zip(features, filled, score.medians, score.means, score.scales, strict=True)
    fields = [derived(new, _standardised(feature, median, mean, scale)) for feature, new, median, mean, scale in parts]
    terms = [
        element("NumericPredictor", name=new, coefficient=number(coefficient))
        for new, coefficient in zip(filled, score.coefficients, strict=True)
    ]
    table = element("RegressionTable", *terms, intercept=number(score.intercept))
    local = element("LocalTransformations", *fields)
    return element("RegressionModel", mining_schema(features), told, local, table, functionName="regression")


def _standardised(feature: str, median: float, mean: float, scale: float) -> Element:
    filled = apply("if", apply("isMissing", field(feature)), constant(median), field(feature))
    return apply("/", apply("-", filled, constant(mean)), constant(scale))
