"""What a list of runs is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.base.errors import UsageError
from core.store.listed_columns import FIGURE_COLUMNS, SORTED_BY

if TYPE_CHECKING:
    from datetime import datetime

    from core.base.events import RunState

__all__ = ["FigureRange", "RunQuery"]

_MOST = 2**63 - 1  # the largest number of every database


@dataclass(frozen=True)
class FigureRange:
    """A key figure of FIGURE_COLUMNS from `at_least` to `at_most`, both included; None leaves that side open."""

    name: str
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        if self.name not in FIGURE_COLUMNS:
            raise UsageError(f"figure is {self.name!r}; it must be one of {', '.join(FIGURE_COLUMNS)}.")


@dataclass(frozen=True)
class RunQuery:
    """Which runs, and in which order.

    Attributes
    ----------
    states, modes, run_ids : tuple
        Any of these, of some thousand ids at most; empty means all.
    text : str
        Found, without regard to case, in id, title, mode, tags, notes or the config's summary.
    tag : str
        One of the run's tags, exactly; empty means any.
    started_from, started_before : datetime or None
        Started at this moment or later, and before that one, with their zones; a run that never started is in neither.
    figures : tuple of FigureRange
        All of these; a run without the figure is in none.
    limit : int or None
        At most so many; None means all.
    offset : int
        So many are left out before the first.
    order : str
        What to sort by, of SORTED_BY; runs without a value come last.
    is_descending : bool
        Newest, or last in the alphabet, first.
    with_deleted : bool
        Whether runs in the trash are listed too.
    only_deleted : bool
        Whether runs in the trash are listed, and no others.
    with_model : bool
        Whether only runs that kept a model are listed.
    home_id : str
        Whose runs, where several homes share one index; empty means all of them.
    """

    states: tuple[RunState, ...] = ()
    modes: tuple[str, ...] = ()
    run_ids: tuple[str, ...] = ()
    text: str = ""
    tag: str = ""
    started_from: datetime | None = None
    started_before: datetime | None = None
    figures: tuple[FigureRange, ...] = ()
    limit: int | None = 50
    offset: int = 0
    order: str = "created_at"
    is_descending: bool = True
    with_deleted: bool = False
    only_deleted: bool = False
    with_model: bool = False
    home_id: str = ""

    def __post_init__(self) -> None:
        if self.limit is not None and not 1 <= self.limit <= _MOST:
            raise UsageError(f"limit is {self.limit}; it must be from 1 to {_MOST}, or null for all runs.")
        if not 0 <= self.offset <= _MOST:
            raise UsageError(f"offset is {self.offset}; it must be from 0 to {_MOST}.")
        if self.order not in SORTED_BY:
            raise UsageError(f"order is {self.order!r}; it must be one of {', '.join(SORTED_BY)}.")
