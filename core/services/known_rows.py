"""Which of the rows that a model is asked about it knows from its training, in sentences for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.services.text_form import counted

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import JsonValue

    from core.engine.learned_span import LearnedSpan

__all__ = ["UNKNOWN_ROWS", "known_rows"]

UNKNOWN_ROWS = (
    "Which bars the model learned from before it came into its training is not known, as its file does not name them: "
    "every row may be of one, and how well it predicts them says nothing."
)
"""What is told of all rows where nobody knows which of them a model has learned from."""

_MOST_NAMED = 8


def known_rows(
    bars: pd.MultiIndex, learned: LearnedSpan | None, description: Mapping[str, JsonValue]
) -> tuple[str, ...]:
    """Return what to tell of the rows: tickers that the model has not learned from, and bars that it has.

    Parameters
    ----------
    bars : MultiIndex
        (timestamp, ticker) of each row.
    learned : LearnedSpan or None
        From which bars the model learned; None where that is not known. Of a model that learned elsewhere too, nobody
        knows of which tickers, and from which bar on.
    description : mapping
        The model card's; `tickers` are those that it learned from, and without them nothing is said of tickers.
    """
    import numpy as np

    if learned is not None and learned.elsewhere != "nothing":
        return _known_elsewhere(bars, learned)
    own, held = _tickers(description), bars.get_level_values("ticker")
    is_own = held.isin(own) if own is not None else np.ones(len(bars), dtype=np.bool_)
    strange = sorted(set(held[~is_own]))
    said = [f"The model did not learn from {_names(strange)}; it learned from {_names(own or ())}."] if strange else []
    if learned is None:
        return tuple(said)
    moments = bars.get_level_values("timestamp")
    is_in_time = np.asarray((moments >= learned.first_bar) & (moments <= learned.until))
    until = f"{learned.until:%Y-%m-%d}"
    if n_known := int((is_own & is_in_time).sum()):
        are = "is of a bar" if n_known == 1 else "are of bars"
        of_them = " of its own tickers" if strange else ""
        said.append(
            f"{counted(n_known, 'row')}{of_them} until {until} {are} that the model learned from; how well it predicts "
            "these says nothing."
        )
    if n_beside := int((~is_own & is_in_time).sum()):
        said.append(
            f"{counted(n_beside, 'row')} of tickers that it did not learn from lie in the time until {until}, in which "
            "it learned from its own: what moved all of them together, it has seen."
        )
    return tuple(said)


def _known_elsewhere(bars: pd.MultiIndex, learned: LearnedSpan) -> tuple[str, ...]:
    if learned.elsewhere == "unknown":
        return (UNKNOWN_ROWS,)
    n_known = int((bars.get_level_values("timestamp") <= learned.until).sum())
    if not n_known:
        return ()
    are = "is of a bar" if n_known == 1 else "are of bars"
    said = (
        f"{counted(n_known, 'row')} until {learned.until:%Y-%m-%d} {are} that the model may have learned from, here or "
        "before it came here, whatever the ticker; how well it predicts these says nothing."
    )
    return (said,)


def _tickers(description: Mapping[str, JsonValue]) -> list[str] | None:
    found = description.get("tickers")
    return [str(name) for name in found] if isinstance(found, Sequence) and not isinstance(found, str) else None


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more}"
