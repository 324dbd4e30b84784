"""Every run as one table: what the Runs screen lists, filters and exports. Quick for thousands of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.base.events import RunState
from core.store.listed_columns import FIGURE_COLUMNS, SUMMARY_COLUMNS
from core.store.run_query import FigureRange, RunQuery
from core.store.run_store import RunStore

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from core.services.workbench import Workbench

__all__ = [
    "FIGURE_COLUMNS",
    "RUNS_A_PAGE",
    "FigureRange",
    "RunFilter",
    "list_version",
    "list_words",
    "run_count",
    "run_list",
]

RUNS_A_PAGE = 10_000
"""So many runs are one table of a screen; more are further pages."""

_TEXTS = ("run_id", "state", "title", "mode", "notes", *SUMMARY_COLUMNS)
_TIMES = ("started_at", "finished_at")
_NUMBERS = ("duration_s", *FIGURE_COLUMNS)
_ASKED = (*_TEXTS, "tags", *_TIMES, *_NUMBERS)


@dataclass(frozen=True)
class RunFilter:
    """Which runs a table lists; an empty text or None means any.

    Attributes
    ----------
    text : str
        Found, without regard to case, in id, title, mode, tags, notes, tickers and names of plugins.
    state, mode, tag : str or None
        Exactly.
    is_deleted : bool
        The runs in the trash, and no others.
    started_from, started_before : datetime or None
        Started at this moment or later, and before that one.
    figures : tuple of FigureRange
        With each of these key figures in its range.
    """

    text: str = ""
    state: str | None = None
    mode: str | None = None
    tag: str | None = None
    is_deleted: bool = False
    started_from: datetime | None = None
    started_before: datetime | None = None
    figures: tuple[FigureRange, ...] = ()

    @property
    def narrows(self) -> bool:
        """Whether there may be runs that do not pass."""
        started = self.started_from or self.started_before
        return bool(self.text or self.state or self.mode or self.tag or started or self.figures)


def run_list(
    workbench: Workbench,
    wanted: RunFilter,
    *,
    limit: int | None = None,
    offset: int = 0,
    order: str = "created_at",
    is_descending: bool = True,
) -> pd.DataFrame:
    """Return the runs that pass, each in its true state.

    Parameters
    ----------
    workbench : Workbench
        Whose runs.
    wanted : RunFilter
        Which of them.
    limit, offset : int or None, int
        At most so many, after so many; None means all.
    order, is_descending : str, bool
        By which column of the table, `created_at` by default, and whether its greatest value comes first. Runs without
        a value come last; texts are sorted by their first 100 characters.

    Returns
    -------
    DataFrame of shape (n_runs, 27)
        run_id, state, title, mode, notes, strategy, model, data_source, tickers, tags as text (empty where there is
        none; tickers and tags with commas between them); started_at, finished_at in UTC, NaT before they have
        happened; duration_s, NaN before the end and where nobody knows; FIGURE_COLUMNS as metrics.json has them, NaN
        where undefined, and where a figure a year is of too few bars.

    Raises
    ------
    StoreError
        If the index of runs cannot be used.
    """
    query = _query(wanted, limit=limit, offset=offset, order=order, is_descending=is_descending)
    with RunStore(workbench.home) as store:
        return _frame(store.find_columns(query, _ASKED))


def run_count(workbench: Workbench, wanted: RunFilter) -> int:
    """Return how many runs pass.

    Raises
    ------
    StoreError
        If the index of runs cannot be used.
    """
    with RunStore(workbench.home) as store:
        return store.count(_query(wanted))


def list_version(workbench: Workbench) -> str:
    """Return a text that changes whenever some table of `run_list` does."""
    with RunStore(workbench.home) as store:
        return store.version()


def list_words(workbench: Workbench) -> tuple[list[str], list[str]]:
    """Return the modes and the tags that runs bear, to choose from."""
    with RunStore(workbench.home) as store:
        return store.words()


def _query(wanted: RunFilter, **part: Any) -> RunQuery:  # noqa: ANN401 - fields of RunQuery
    return RunQuery(
        states=(RunState(wanted.state),) if wanted.state else (),
        modes=(wanted.mode,) if wanted.mode else (),
        text=wanted.text,
        tag=wanted.tag or "",
        started_from=wanted.started_from,
        started_before=wanted.started_before,
        figures=wanted.figures,
        only_deleted=wanted.is_deleted,
        **part,
    )


def _frame(rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    import pandas as pd

    columns = zip(*rows, strict=True) if rows else [()] * len(_ASKED)
    asked: dict[str, Sequence[Any]] = dict(zip(_ASKED, columns, strict=True))
    found = {name: pd.Series(asked[name], dtype="str") for name in _TEXTS}
    found["tags"] = pd.Series(map(", ".join, asked["tags"]), dtype="str")
    for name in _TIMES:
        found[name] = pd.Series(pd.to_datetime(asked[name], utc=True, format="ISO8601")).astype("datetime64[us, UTC]")
    found |= {name: pd.Series(asked[name], dtype="float64") for name in _NUMBERS}
    return pd.DataFrame(found)
