"""Whether predictions beat a forecast that knows no feature, and the words for it.

1. Where every fold says one thing of all its rows, there is no skill: which rows the two constants come from is none.
2. Better or worse is said where the interval of the skill leaves 0 out (skill_interval.py), as of Sharpe ratios.
3. All else may be chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from core.engine.text_layout import number, percent

__all__ = ["Skill", "skill_of"]

_Standing = Literal["silent", "better", "perhaps", "unmeasured", "not better", "worse"]


@dataclass(frozen=True)
class Skill:
    """A score of predictions, of which less is better, and that of `reference`, which knows no feature.

    Attributes
    ----------
    measure : str
        The score's name: Brier or RMSE.
    own, naive : float
        Of the predictions, and of the reference.
    reference : str
        Its name.
    digits : int
        How many decimals of the score are told.
    low, high : float or None
        Between which 1 - own / naive lies with 95 % confidence, folds that say one thing counting as no difference;
        None where that is not known.
    is_silent : bool
        Whether every fold says one thing of all its rows.
    has_silent_folds : bool
        Whether some do.
    """

    measure: str
    own: float
    naive: float
    reference: str
    digits: int
    low: float | None = None
    high: float | None = None
    is_silent: bool = False
    has_silent_folds: bool = False

    @property
    def standing(self) -> _Standing:
        """Where the predictions stand: "perhaps" they are better by chance, or nobody has "unmeasured" the chance."""
        if self.is_silent:
            return "silent"
        if self.own >= self.naive:
            return "worse" if self.high is not None and self.high < 0.0 else "not better"
        if self.low is None:
            return "unmeasured"
        return "better" if self.low > 0.0 else "perhaps"

    @property
    def is_better(self) -> bool:
        """Whether the predictions beat the reference beyond chance."""
        return self.standing == "better"

    @property
    def scores(self) -> str:
        """Return both scores in words."""
        return f"{self.measure} {number(self.own, self.digits)} against {number(self.naive, self.digits)}"

    @property
    def interval(self) -> str:
        """Return the interval in words; empty where it is not known."""
        if self.low is None or self.high is None:
            return ""
        of_others = ", counting silent folds as no gain" if self.has_silent_folds else ""
        return f"95 % interval {percent(self.low, 2)} to {percent(self.high, 2)}{of_others}"

    def sentence(self, known: str) -> str:
        """Return how they do beside `known`, as "the base rate alone", without a capital letter and a full stop."""
        told = f" ({self.interval})" if self.interval else ""
        share = percent(1.0 - self.own / self.naive, 2) if self.naive else ""
        said: dict[_Standing, str] = {
            "silent": f"the predictions say no more than {known}: they tell no row from another",
            "better": f"the predictions are {share} better than {known}, beyond chance{told}",
            "perhaps": f"that the predictions are {share} better than {known} may be chance{told}",
            "unmeasured": f"the predictions are {share} better than {known}; whether by chance is not known",
            "not better": f"the predictions are no better than {known}{told}",
            "worse": f"the predictions are no better than {known}, and worse beyond chance{told}",
        }
        return said[self.standing]

    @property
    def lack(self) -> str:
        """Return what they lack to be evidence; empty where they are better beyond chance."""
        said: dict[_Standing, str] = {
            "silent": f"its predictions say no more than {self.reference}",
            "better": "",
            "perhaps": f"that its predictions beat {self.reference} may be chance",
            "unmeasured": f"it is not known whether its predictions beat {self.reference} by more than chance",
            "not better": f"its predictions are no better than {self.reference}",
            "worse": f"its predictions are no better than {self.reference}",
        }
        return said[self.standing]


def skill_of(scores: Mapping[str, object]) -> Skill | None:
    """Return the skill that scores by name tell of, those of a classifier or of a regression; None where they do not.

    Parameters
    ----------
    scores : mapping
        brier and base_rate_brier, or rmse and base_rmse; skill_low, skill_high, n_folds and n_folds_at_base_rate where
        they are known.
    """
    low, high = _number(scores, "skill_low"), _number(scores, "skill_high")
    n_silent = _number(scores, "n_folds_at_base_rate") or 0.0
    # What one model made, of no fold, counts as one.
    is_silent = n_silent >= max(_number(scores, "n_folds") or 0.0, 1.0) or (low == 0.0 and high == 0.0)
    own, naive = _number(scores, "brier"), _number(scores, "base_rate_brier")
    if own is not None and naive is not None:
        return Skill("Brier", own, naive, "the base rate", 4, low, high, is_silent, n_silent > 0.0)
    own, naive = _number(scores, "rmse"), _number(scores, "base_rmse")
    if own is None or naive is None:
        return None
    low, high = (None if bound is None else _of_roots(bound) for bound in (low, high))
    return Skill("RMSE", own, naive, "the training mean", 5, low, high, is_silent)


def _of_roots(skill: float) -> float:
    """Return a share of squared errors as one of their root, which is told."""
    return 1.0 - sqrt(max(1.0 - skill, 0.0))


def _number(scores: Mapping[str, object], name: str) -> float | None:
    value = scores.get(name)
    return float(value) if isinstance(value, (int, float)) else None
