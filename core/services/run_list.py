"""Every run as one table: what the Runs screen lists, filters and exports. Quick for thousands of runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.base.events import RunState
from core.services.yearly_figures import YEARLY_FIGURES, too_few_bars
from core.store.run_query import RunQuery
from core.store.run_store import RunStore

if TYPE_CHECKING:
    import pandas as pd

    from core.services.workbench import Workbench

__all__ = ["FIGURE_COLUMNS", "RunFilter", "list_version", "list_words", "run_list"]

FIGURE_COLUMNS = (
    "cagr",
    "sharpe",
    "max_drawdown",
    "auc",
    "total_return",
    "volatility_annual",
    "sortino",
    "calmar",
    "final_equity",
    "turnover_annual",
    "win_rate",
    "cost_total",
    "brier_skill",
    "n_trades",
)

_ASKED = ("run_id", "state", "title", "mode", "notes", "tags", "started_at", "finished_at", "config_summary", "metrics")
_PLAIN_TEXTS = ("run_id", "state", "title", "mode", "notes")
_SUMMARY_TEXTS = ("strategy", "model", "data_source")


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
    """

    text: str = ""
    state: str | None = None
    mode: str | None = None
    tag: str | None = None
    is_deleted: bool = False

    @property
    def narrows(self) -> bool:
        """Whether there may be runs that do not pass."""
        return bool(self.text or self.state or self.mode or self.tag)


def run_list(workbench: Workbench, wanted: RunFilter, *, limit: int | None = None) -> pd.DataFrame:
    """Return the runs that pass, newest first, each in its true state.

    Returns
    -------
    DataFrame of shape (n_runs, 27)
        run_id, state, title, mode, notes, strategy, model, data_source, tickers, tags as text (empty where there is
        none; tickers and tags with commas between them); started_at, finished_at in UTC, NaT before they have
        happened; duration_s, NaN before the end; FIGURE_COLUMNS as metrics.json has them, NaN where undefined,
        and where a figure a year is of too few bars.

    Raises
    ------
    StoreError
        If the index of runs cannot be used.
    """
    query = RunQuery(
        states=(RunState(wanted.state),) if wanted.state else (),
        modes=(wanted.mode,) if wanted.mode else (),
        text=wanted.text,
        tag=wanted.tag or "",
        limit=limit,
        only_deleted=wanted.is_deleted,
    )
    with RunStore(workbench.home) as store:
        return _frame(store.find_columns(query, _ASKED))


def list_version(workbench: Workbench) -> str:
    """Return a text that changes whenever some table of `run_list` does."""
    with RunStore(workbench.home) as store:
        return store.version()


def list_words(workbench: Workbench) -> tuple[list[str], list[str]]:
    """Return the modes and the tags that runs bear, to choose from."""
    with RunStore(workbench.home) as store:
        return store.words()


def _frame(rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    import pandas as pd

    columns = zip(*rows, strict=True) if rows else [()] * len(_ASKED)
    asked: dict[str, Sequence[Any]] = dict(zip(_ASKED, columns, strict=True))
    summaries = asked["config_summary"]
    found = {name: _texts(asked[name]) for name in _PLAIN_TEXTS}
    found |= {name: _texts(summary.get(name) for summary in summaries) for name in _SUMMARY_TEXTS}
    found["tickers"] = _texts(_joined(summary.get("tickers")) for summary in summaries)
    found["tags"] = _texts(map(_joined, asked["tags"]))
    for name in ("started_at", "finished_at"):
        found[name] = pd.Series(pd.to_datetime(asked[name], utc=True, format="ISO8601")).astype("datetime64[us, UTC]")
    took = (found["finished_at"] - found["started_at"]).dt.total_seconds().astype("float64")
    found["duration_s"] = took.where(took >= 0.0)  # a clock that was set back says nothing
    is_short = pd.Series([too_few_bars(metrics) is not None for metrics in asked["metrics"]], dtype="bool")
    for name in FIGURE_COLUMNS:
        values = pd.Series([_number(metrics.get(name)) for metrics in asked["metrics"]], dtype="float64")
        found[name] = values.mask(is_short) if name in YEARLY_FIGURES else values
    return pd.DataFrame(found)


def _texts(values: Iterable[object]) -> pd.Series:
    import pandas as pd

    return pd.Series(["" if value is None else str(value) for value in values], dtype="str")


def _joined(values: object) -> str:
    return ", ".join(map(str, values)) if isinstance(values, list) else ""


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
