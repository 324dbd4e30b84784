"""From which bars a model learned: what comes after the last of them is out of its sample.

1. A row teaches its features at its own bar, and through its target all bars up to its label's end.
2. Rows that stop training early or calibrate teach as those do that train.
3. So the model has learned until the latest label end of all three blocks.
4. A model that brought along what it knows has learned until the later of that and its own last bar, where its file
   names it; where not, nobody knows (learned_elsewhere.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from core.base.errors import DataError

if TYPE_CHECKING:
    from core.engine.splits import Fold

__all__ = ["Elsewhere", "LearnedSpan", "learned_span"]

Elsewhere = Literal["nothing", "known", "unknown"]
"""Whether a model learned from other bars than its training's, and whether its file names the last of them."""


@dataclass(frozen=True)
class LearnedSpan:
    """The bars behind a model.

    Attributes
    ----------
    first_bar : Timestamp
        Of the first row that it learned from, UTC.
    until : Timestamp
        The last bar that any of its rows or their targets depend on, UTC, and the model itself, as far as that is
        known; bars after it are out of sample, unless `elsewhere` is unknown.
    n_rows : int
        Rows that trained, stopped training early or calibrated.
    elsewhere : str
        nothing: it learned from these rows alone. known: from other bars too, none of them after `until`. unknown:
        from other bars too, which may lie anywhere.
    """

    first_bar: pd.Timestamp
    until: pd.Timestamp
    n_rows: int
    elsewhere: Elsewhere = "nothing"

    def to_json(self) -> dict[str, str | int]:
        """Return it as plain JSON; `elsewhere` where it is something."""
        own: dict[str, str | int] = {"first_bar": self.first_bar.isoformat(), "until": self.until.isoformat()}
        elsewhere = {} if self.elsewhere == "nothing" else {"elsewhere": self.elsewhere}
        return {**own, "n_rows": self.n_rows, **elsewhere}

    @classmethod
    def from_json(cls, raw: Mapping[str, object]) -> LearnedSpan:
        """Restore what `to_json` gave.

        Raises
        ------
        DataError
            If a field is missing or none that QLOP writes, a moment is none in UTC, or they are not in order.
        """
        try:
            first_bar, until = _moment(raw["first_bar"]), _moment(raw["until"])
            n_rows = int(str(raw["n_rows"]))
            elsewhere = _elsewhere(raw.get("elsewhere", "nothing"))
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"learned is {dict(raw)!r:.200}, which is no span of bars that QLOP writes.") from error
        if until < first_bar:
            raise DataError(f"learned.until is {until}, before learned.first_bar {first_bar}.")
        return cls(first_bar, until, n_rows, elsewhere)


def learned_span(labels: pd.DataFrame, fold: Fold) -> LearnedSpan:
    """Return the span of bars behind a model that was fitted on a fold's blocks.

    Parameters
    ----------
    labels : DataFrame
        Index (timestamp, ticker); `label_end`, never NaT in the fold's rows.
    fold : Fold
        Its blocks hold positions of rows in `labels`.
    """
    rows = np.concatenate((fold.train, fold.early_stopping, fold.calibration))
    own = pd.DatetimeIndex(labels.index.get_level_values("timestamp")[rows])
    ends = labels["label_end"].iloc[rows]
    return LearnedSpan(pd.Timestamp(own.min()), max(pd.Timestamp(own.max()), pd.Timestamp(ends.max())), len(rows))


def _moment(text: object) -> pd.Timestamp:
    moment = pd.Timestamp(str(text))
    if pd.isna(moment) or moment.tzinfo is None:
        raise ValueError(f"{text!r} is no moment with a zone")
    return moment.tz_convert("UTC")


def _elsewhere(found: object) -> Elsewhere:
    for known in get_args(Elsewhere):
        if found == known:
            return known  # type: ignore[no-any-return]  # one of the literals
    raise ValueError(f"elsewhere is {found!r}")
