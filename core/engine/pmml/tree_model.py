"""One tree as a PMML TreeModel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from xml.etree.ElementTree import Element

from core.engine.pmml.elements import element, mining_schema, number
from core.engine.pmml.score_model import Leaf, Tree

__all__ = ["free_names", "tree_model"]


def tree_model(tree: Tree, features: Sequence[str], *told: Element) -> Element:
    """Return a model that reads the features that `tree` splits on, and gives its value."""
    used = sorted(_features_of(tree))
    schema = mining_schema([features[position] for position in used])
    root = _node(tree, element("True"), features, count())
    return element(
        "TreeModel",
        schema,
        *told,
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


def free_names(beginning: str, how_many: int, features: Sequence[str]) -> list[str]:
    """Return numbered names that no feature bears."""
    names = [f"{beginning}_{position}" for position in range(1, how_many + 1)]
    while set(names) & set(features):
        names = [f"_{text}" for text in names]
    return names
