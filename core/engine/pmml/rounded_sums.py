"""Sums of trees that a library keeps in single precision, in PMML, whose readers compute in doubles.

1. Every tree of a chain gives a field of its own.
2. Starting from the base, a tree's value is added and the sum is rounded to single precision, tree by tree.
3. A few trees make a chain within the chain: what a reader does for a row grows with the square of a chain's length.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from core.engine.pmml.elements import apply, constant, derived, element, field, in_single, mining_schema, output
from core.engine.pmml.score_model import Score, Tree, TreeScore
from core.engine.pmml.tree_model import free_names, tree_model

__all__ = ["is_rounded", "rounded_sum", "score_bases"]

_TREES_OF_A_PART = 16


def score_bases(scores: Sequence[Score]) -> list[float]:
    """Return what each score has to have added to the field that its model gives."""
    return [score.base if isinstance(score, TreeScore) and not is_rounded(score) else 0.0 for score in scores]


def is_rounded(score: TreeScore) -> bool:
    """Whether a score is rounded after every tree."""
    return score.is_single and bool(score.trees)


def rounded_sum(score: TreeScore, features: Sequence[str], told: Element, name: str) -> Element:
    """Return a PMML model that reads `features` and puts `told` out: the score, its base included."""
    n_parts = -(-len(score.trees) // _TREES_OF_A_PART)
    sums = free_names(f"{name}_to", n_parts, features)
    parts = [
        _part_of_sum(
            score.trees[k * _TREES_OF_A_PART : (k + 1) * _TREES_OF_A_PART],
            features,
            f"{name}_{k}",
            (sums[k - 1] if k else score.base, sums[k]),
        )
        for k in range(n_parts)
    ]
    last = element("RegressionModel", mining_schema(sums[-1:]), _handed_on(sums[-1]), functionName="regression")
    return _chain([*parts, last], features, told)


def _part_of_sum(
    trees: Sequence[Tree], features: Sequence[str], name: str, start_and_end: tuple[str | float, str]
) -> Element:
    start, end = start_and_end
    values, sums = (free_names(f"{name}_{what}", len(trees), features) for what in ("tree", "sum"))
    begun = [start] if isinstance(start, str) else []
    models = [
        tree_model(tree, features, element("Output", output(value, "predictedValue")))
        for tree, value in zip(trees, values, strict=True)
    ]
    before = [field(start) if isinstance(start, str) else constant(start), *map(field, sums)]
    fields = [
        derived(found, in_single(apply("+", earlier, field(value))))
        for found, earlier, value in zip(sums, before, values, strict=False)
    ]
    last = element(
        "RegressionModel",
        mining_schema([*begun, *values]),
        element("LocalTransformations", *fields),
        _handed_on(sums[-1]),
        functionName="regression",
    )
    return _chain([*models, last], [*begun, *features], element("Output", output(end, "predictedValue")))


def _chain(models: Sequence[Element], read: Sequence[str], told: Element) -> Element:
    segments = [
        element("Segment", element("True"), model, id=str(position)) for position, model in enumerate(models, start=1)
    ]
    segmentation = element("Segmentation", *segments, multipleModelMethod="modelChain")
    return element("MiningModel", mining_schema(read), told, segmentation, functionName="regression")


def _handed_on(name: str) -> Element:
    return element("RegressionTable", element("NumericPredictor", name=name, coefficient="1"), intercept="0")
