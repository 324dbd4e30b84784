"""What a model brought along into its training: whether figures that rest on it are a test, and the words where not.

A model that came with what it knows may know the very bars that it predicts. Only bars after the last one that it
learned from test it; where its file does not name that bar, none do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from core.base.errors import DataError

if TYPE_CHECKING:
    from pandas._libs.tslibs.nattype import NaTType
    from pydantic import JsonValue

    from core.contracts.model import ModelPlugin
    from core.engine.learned_span import LearnedSpan

__all__ = ["LearnedElsewhere", "is_pretrained", "latest_learned", "learned_with"]


@dataclass(frozen=True)
class LearnedElsewhere:
    """A model that came with what it knows, and the bars that it is judged by.

    Attributes
    ----------
    until : date or None
        The last bar that it learned from, as its file says; None where that is not known.
    first_bar : date
        The first bar that it is judged by.
    """

    until: date | None
    first_bar: date

    @classmethod
    def said(cls, until: str | None, predictions: pd.DataFrame) -> LearnedElsewhere | None:
        """Return what a pretrained model's `learned_until` says of its predictions; None of a model that learned here.

        Parameters
        ----------
        until : str or None
            ISO 8601, empty where it is not known: what a file says may be anything.
        predictions : DataFrame
            Index (timestamp, ticker).
        """
        if until is None:
            return None
        moment = _moment(until)
        first = predictions.index.get_level_values("timestamp").min()
        return cls(None if pd.isna(moment) else pd.Timestamp(moment).date(), pd.Timestamp(first).date())

    @property
    def is_test(self) -> bool:
        """Whether the model is known not to have learned from the bars that it is judged by."""
        return self.until is not None and self.until < self.first_bar

    def warning(self, what: str = "These scores are", judged: str = "scored") -> str:
        """Return that they are no test and what would be one; empty where they are."""
        if self.is_test:
            return ""
        if self.until is None:
            known = "from bars that its file does not name"
        else:
            known = f"from bars until {self.until:%Y-%m-%d}, as its file says, and is {judged} from"
            known += f" {self.first_bar:%Y-%m-%d} on"
        return (
            f"{what} NO TEST: the model learned elsewhere, {known}. What it has seen it may know by heart; only "
            "bars after those that it learned from tell what it can."
        )

    def to_json(self) -> dict[str, JsonValue]:
        """Return it as the artifact `learned_elsewhere` holds it."""
        until = None if self.until is None else self.until.isoformat()
        return {"until": until, "first_bar": self.first_bar.isoformat(), "is_test": self.is_test}

    @classmethod
    def from_json(cls, raw: Mapping[str, object]) -> LearnedElsewhere:
        """Restore what `to_json` gave.

        Raises
        ------
        DataError
            If a day is missing, or is none.
        """
        try:
            until = raw["until"]
            known = None if until is None else date.fromisoformat(str(until))
            return cls(known, date.fromisoformat(str(raw["first_bar"])))
        except (KeyError, ValueError) as error:
            raise DataError(
                f"learned_elsewhere.json holds {dict(raw)!r:.200}; until (or null) and first_bar are days such as "
                "2020-01-31. Run the training again."
            ) from error


def latest_learned(models: Iterable[ModelPlugin]) -> str:
    """Return the last bar that any of the pretrained ones among some models learned from, as its file says.

    Parameters
    ----------
    models : iterable of ModelPlugin
        Trained or loaded. Those that learned here count for nothing.

    Returns
    -------
    str
        ISO 8601; empty where none is pretrained, and where one of them does not tell a moment: it may be any.
    """
    untils = [model.learned_until for model in models if "pretrained" in model.capabilities]
    if not untils or any(pd.isna(_moment(until)) for until in untils):
        return ""
    return max(untils, key=_moment)


def is_pretrained(model: ModelPlugin) -> bool:
    """Return whether a model, trained or not, brings along what it has learned elsewhere, itself or in a part of it."""
    return "pretrained" in model.capabilities or any(is_pretrained(part) for _, part in model.untrained_parts())


def learned_with(learned: LearnedSpan, model: ModelPlugin) -> LearnedSpan:
    """Return the bars behind a trained or loaded model: those of its training, and what it brought along.

    Parameters
    ----------
    learned : LearnedSpan
        Of its training. What was joined with the model's own already stays as it is.
    model : ModelPlugin
        Until when it had learned is asked of it; a model that learned here alone adds nothing.
    """
    if "pretrained" not in model.capabilities:
        return learned
    moment = _moment(model.learned_until)
    if pd.isna(moment):
        return replace(learned, elsewhere="unknown")
    return replace(learned, until=max(learned.until, pd.Timestamp(moment)), elsewhere="known")


def _moment(until: str) -> pd.Timestamp | NaTType:
    return pd.to_datetime(until, errors="coerce", utc=True, format="ISO8601")
