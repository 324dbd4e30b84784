"""Which column of a file or a table is which of the panel: by its usual names, or as the user says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from core.base.errors import DataError

__all__ = ["SourceColumn", "source_columns"]

SourceColumn = Literal[
    "timestamp",
    "ticker",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "adjusted_close",
    "dividend",
    "split",
    "risk_free_rate_annual",
]

_NEEDED: tuple[SourceColumn, ...] = ("timestamp", "open", "high", "low", "close", "volume")
_USUAL_NAMES: Mapping[SourceColumn, tuple[str, ...]] = {
    "timestamp": ("timestamp", "date", "datetime", "time"),
    "ticker": ("ticker", "symbol"),
    "open": ("open",),
    "high": ("high",),
    "low": ("low",),
    "close": ("close",),
    "volume": ("volume",),
    "adjusted_close": ("adjustedclose", "adjclose"),
    "dividend": ("dividend", "dividends"),
    "split": ("split", "splits", "stocksplits"),
    "risk_free_rate_annual": ("riskfreerateannual",),
}


def source_columns(names: Sequence[str], said: Mapping[SourceColumn, str], *, origin: str) -> dict[SourceColumn, str]:
    """Return the source's column for each of the panel's that it has.

    Parameters
    ----------
    names : sequence of str
        The columns that the source has.
    said : mapping
        What the user says of a panel's column: the source's name for it, or "" where the source has none.
    origin : str
        What the source is called, for messages.

    Raises
    ------
    DataError
        If a column that the user names is not there, two may both be meant, or a needed one is found in none. Volume is
        not needed where the user says that there is none.
    """
    found: dict[SourceColumn, str] = {}
    for column in _USUAL_NAMES:
        name = _named(column, names, said[column], origin) if column in said else _alike(column, names, origin)
        if name:
            found[column] = name
    lacking = [column for column in _NEEDED if column not in found and (column, said.get(column)) != ("volume", "")]
    if lacking:
        hint = " Where there is no volume say columns: {volume: ''}." if lacking == ["volume"] else ""
        raise DataError(
            f"{origin}: no column is {' or '.join(lacking)}; it has {', '.join(names)}. Name the columns under "
            f"data_source_params.columns.{hint}"
        )
    return found


def _named(column: SourceColumn, names: Sequence[str], name: str, origin: str) -> str:
    if name and name not in names:
        raise DataError(
            f"{origin}: there is no column {name!r}, which data_source_params.columns.{column} names; it has "
            f"{', '.join(names)}. Correct the name."
        )
    return name


def _alike(column: SourceColumn, names: Sequence[str], origin: str) -> str | None:
    alike = [name for name in names if re.sub(r"[\W_]", "", name).lower() in _USUAL_NAMES[column]]
    if len(alike) > 1:
        raise DataError(
            f"{origin}: {alike[0]!r} and {alike[1]!r} may both be {column}; say which under "
            f"data_source_params.columns.{column}."
        )
    return alike[0] if alike else None
