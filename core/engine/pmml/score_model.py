"""What the PMML writer knows of a model: one score for each output, each a sum of trees or of standardised features.

Whatever library made the model, its reader (boosters.py, scikit_models.py) turns it into this.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

__all__ = [
    "JoinedScores",
    "Leaf",
    "LinearScore",
    "Link",
    "Score",
    "ScoreModel",
    "Scored",
    "Split",
    "Tree",
    "TreeScore",
    "bound_of_single",
    "in_doubles",
]

Link = Literal["value", "probability", "logistic", "softmax"]
"""From scores to what the model answers: nothing to do, a probability already, or the usual two maps."""


@dataclass(frozen=True)
class Leaf:
    """The end of a tree."""

    value: float


@dataclass(frozen=True)
class Split:
    """A question on one feature, with exact doubles: left is where the value is below the threshold.

    Attributes
    ----------
    feature : int
        Its position.
    threshold : float
        In double precision.
    equal_goes_left : bool
        Whether a value that equals the threshold goes left.
    missing_goes_left : bool
        Where a missing value goes.
    left, right : Leaf or Split
        What follows.
    """

    feature: int
    threshold: float
    equal_goes_left: bool
    missing_goes_left: bool
    left: Tree
    right: Tree


Tree = Leaf | Split


@dataclass(frozen=True)
class TreeScore:
    """`base` plus the trees' values, summed, or their mean.

    Attributes
    ----------
    trees : tuple of Leaf or Split
        In the order in which they are added up.
    base : float
        What the sum begins with.
    is_mean : bool
        Whether it is divided by the number of trees.
    is_single : bool
        Whether the library keeps the sum in single precision: it is rounded after every tree.
    """

    trees: tuple[Tree, ...]
    base: float = 0.0
    is_mean: bool = False
    is_single: bool = False


@dataclass(frozen=True)
class LinearScore:
    """`intercept` plus coefficients times features, each filled with its median and standardised."""

    coefficients: tuple[float, ...]
    intercept: float
    medians: tuple[float, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]


Score = TreeScore | LinearScore


@dataclass(frozen=True)
class ScoreModel:
    """A model as its scores and their link: one score for a value or for two classes, else one a class.

    `is_single` says that the library computes the link in single precision too.
    """

    scores: tuple[Score, ...]
    link: Link
    is_single: bool = False


@dataclass(frozen=True)
class JoinedScores:
    """Models whose answers become one, as `core.engine.joined_models` says: averaged by weight, or read by `final`."""

    members: tuple[Scored, ...]
    weights: tuple[float, ...]
    final: Scored | None = None


Scored = ScoreModel | JoinedScores


def in_doubles(scored: Scored) -> Scored:
    """Return the same without its roundings to single precision, for where the last digits of a score do not count."""
    if isinstance(scored, JoinedScores):
        final = None if scored.final is None else in_doubles(scored.final)
        return replace(scored, members=tuple(map(in_doubles, scored.members)), final=final)
    scores = tuple(replace(s, is_single=False) if isinstance(s, TreeScore) else s for s in scored.scores)
    return replace(scored, scores=scores, is_single=False)


def bound_of_single(threshold: float, *, equal_goes_left: bool) -> tuple[float, bool]:
    """Return the question on a double that a question on the same value in single precision amounts to.

    Libraries that round features to single precision before they compare send a double to the left as if it were its
    nearest single. The doubles that round to at most a given single end halfway to the next one; that double itself
    rounds to the neighbour whose last bit is 0.

    Parameters
    ----------
    threshold : float
        What the rounded value is compared with; it need not be a single itself.
    equal_goes_left : bool
        Whether the rounded value goes left where it equals the threshold.

    Returns
    -------
    tuple of float and bool
        The threshold for doubles, and whether a double that equals it goes left.
    """
    if np.isinf(threshold):
        # Such a split parts missing values from all others.
        return (sys.float_info.max, True) if threshold > 0.0 else (-sys.float_info.max, False)
    last_left = np.float32(threshold)
    if float(last_left) > threshold or (float(last_left) == threshold and not equal_goes_left):
        last_left = np.nextafter(last_left, np.float32(-np.inf))
    first_right = np.nextafter(last_left, np.float32(np.inf))
    halfway = (float(last_left) + float(first_right)) / 2.0
    return halfway, float(np.float32(halfway)) == float(last_left)
