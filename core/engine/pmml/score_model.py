"""What the PMML writer knows of a model: one score for each output, each a sum of trees or of standardised features.

Whatever library made the model, its reader (boosters.py, linear.py, forests.py) turns it into this.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal

import numpy as np

__all__ = ["Leaf", "LinearScore", "Link", "Score", "ScoreModel", "Split", "Tree", "TreeScore", "bound_of_single"]

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
    """`base` plus the trees' values, summed, or their mean."""

    trees: tuple[Tree, ...]
    base: float = 0.0
    is_mean: bool = False


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
    """A model as its scores and their link: one score for a value or for two classes, else one a class."""

    scores: tuple[Score, ...]
    link: Link


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
