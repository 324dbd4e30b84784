"""Scores as PMML models: trees as a Segmentation that adds them up, linear scores as a RegressionModel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
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
from core.engine.pmml.score_model import Leaf, LinearScore, Score, Tree

__all__ = ["score_model"]


def score_model(score: Score, features: Sequence[str], name: str) -> Element:
    """Return a PMML model that reads `features` and gives the field `name`, without a tree score's base."""
    told = element("Output", output(name, "predictedValue"))
    if isinstance(score, LinearScore):
        return _linear(score, features, told, name)
    method = "average" if score.is_mean else "sum"
    segments = [
        element("Segment", element("True"), _tree_model(tree, features), id=str(position))
        for position, tree in enumerate(score.trees or (Leaf(0.0),), start=1)
    ]
    segmentation = element("Segmentation", *segments, multipleModelMethod=method)
    return element("MiningModel", mining_schema(features), told, segmentation, functionName="regression")


def _linear(score: LinearScore, features: Sequence[str], told: Element, name: str) -> Element:
    filled = [f"{name}_{position}" for position in range(1, len(features) + 1)]
    while set(filled) & set(features):
        filled = [f"_{text}" for text in filled]
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


def _tree_model(tree: Tree, features: Sequence[str]) -> Element:
    used = sorted(_features_of(tree))
    schema = mining_schema([features[position] for position in used])
    root = _node(tree, element("True"), features, count())
    return element(
        "TreeModel",
        schema,
        root,
        functionName="regression",
        missingValueStrategy="defaultChild",
        splitCharacteristic="binarySplit",
    )


def _node(tree: Tree, predicate: Element, features: Sequence[str], numbers: Iterator[int]) -> Element:
    own = str(next(numbers))
    if isinstance(tree, Leaf):
        return element("Node", predicate, id=own, score=number(tree.value))
    below, above = ("lessOrEqual", "greaterThan") if tree.equal_goes_left else ("lessThan", "greaterOrEqual")
    asked = {"field": features[tree.feature], "value": number(tree.threshold)}
    left = _node(tree.left, element("SimplePredicate", **asked, operator=below), features, numbers)
    right = _node(tree.right, element("SimplePredicate", **asked, operator=above), features, numbers)
    default = left if tree.missing_goes_left else right
    return element("Node", predicate, left, right, id=own, defaultChild=default.attrib["id"])


def _features_of(tree: Tree) -> set[int]:
    if isinstance(tree, Leaf):
        return set()
    return {tree.feature} | _features_of(tree.left) | _features_of(tree.right)
