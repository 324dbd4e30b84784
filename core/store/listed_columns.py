"""What a table of runs lists of each, in columns of their own: read, filtered and sorted without the JSON beside them.

Texts are sorted by keys of their first characters: a database's index takes no text of any length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.base.yearly_figures import told_figures
from core.store.json_form import storable

if TYPE_CHECKING:
    from core.store.run_record import RunRecord

__all__ = ["FIGURE_COLUMNS", "KEYED_TEXTS", "KEY_LENGTH", "SORTED_BY", "SUMMARY_COLUMNS", "key_of", "listed_values"]

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
"""Key figures; NULL where metrics.json has none, and where a figure a year is of too few bars."""

SUMMARY_COLUMNS = ("strategy", "model", "data_source", "tickers")
"""Texts of the config's summary, empty where there are none; tickers with commas between them."""


KEYED_TEXTS = ("mode", "title", "notes", *SUMMARY_COLUMNS, "tags")
"""Texts that are sorted by a key, `<name>_key`."""

SORTED_BY = {
    **{name: name for name in ("created_at", "started_at", "finished_at", "state", "run_id", "duration_s")},
    **{name: f"{name}_key" for name in KEYED_TEXTS},
    **{name: name for name in FIGURE_COLUMNS},
}
"""What a list can be sorted by, and the column that does it."""

KEY_LENGTH = 100
"""So many characters of a text are its key; a shorter key is the whole text."""


def listed_values(record: RunRecord) -> dict[str, str | float | None]:
    """Return the listed columns of a run: the figures, the summary's texts, `duration_s`, and the keys."""
    told = told_figures(record.metrics)
    summary = {name: _text(record.config_summary.get(name)) for name in SUMMARY_COLUMNS}
    texts = {**summary, "mode": record.mode, "title": record.title, "notes": record.notes, "tags": _text(record.tags)}
    return {
        **{name: _number(told.get(name)) for name in FIGURE_COLUMNS},
        **{name: storable(text) for name, text in summary.items()},
        **{f"{name}_key": key_of(text) for name, text in texts.items()},
        "duration_s": record.duration_s,
    }


def key_of(text: str) -> str:
    """Return by what a text is sorted."""
    return storable(text)[:KEY_LENGTH]


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, (int, float)) else None
    except OverflowError:  # an integer of hundreds of digits, which JSON may hold and no database sorts
        return None


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
