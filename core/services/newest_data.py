"""How new the data are that runs have loaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING

from core.base.errors import QlopError
from core.base.events import RunState
from core.base.time import utc_now
from core.services.loaded_data import loaded_data
from core.services.run_files import open_run_files
from core.services.text_form import counted
from core.store.run_query import RunQuery
from core.store.run_store import RunStore

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["NewestData", "newest_data"]

_LOADING_RUNS = 20
_MOST_RUNS = 100


@dataclass(frozen=True)
class NewestData:
    """The newest bar that the latest runs have seen.

    Attributes
    ----------
    run_id : str
        The run that loaded it.
    source : str
        Its data source.
    tickers : tuple of str
        What it loaded.
    last_bar : date
        The newest bar's session.
    age_days : int
        Days from then to today.
    """

    run_id: str
    source: str
    tickers: tuple[str, ...]
    last_bar: date
    age_days: int

    @property
    def in_words(self) -> str:
        """The facts in a sentence."""
        shown = ", ".join(self.tickers[:5]) + (f" and {len(self.tickers) - 5} more" if len(self.tickers) > 5 else "")
        age = counted(self.age_days, "day")
        return f"{self.last_bar:%Y-%m-%d}, {age} ago: {shown} from {self.source!r} (run {self.run_id[:8]})."


def newest_data(workbench: Workbench) -> NewestData | None:
    """Return the newest bar among the latest completed runs that loaded data; None where none of the last 100 has.

    A run whose files cannot be read is passed over: its own screen says what is wrong with it.
    """
    with RunStore(workbench.home) as store:
        found = store.find(RunQuery(states=(RunState.COMPLETED,), limit=_MOST_RUNS))
    # Exports load nothing: a series of them hides no data.
    loading = (newest for record in found if (newest := _of(workbench, record.run_id)) is not None)
    return max(islice(loading, _LOADING_RUNS), key=lambda newest: newest.last_bar, default=None)


def _of(workbench: Workbench, run_id: str) -> NewestData | None:
    try:
        facts = loaded_data(open_run_files(workbench, run_id))
        last_bar = date.fromisoformat(str(facts.get("last_bar", ""))[:10])
    except (QlopError, ValueError):
        return None
    tickers = facts.get("tickers")
    names = tuple(map(str, tickers)) if isinstance(tickers, list) else ()
    return NewestData(run_id, str(facts.get("source", "")), names, last_bar, (utc_now().date() - last_bar).days)
