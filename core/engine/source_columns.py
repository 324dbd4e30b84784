"""Which column of a file or a table is which of the panel: by its usual names, or as the user says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeVar, cast

from core.base.errors import DataError

__all__ = ["FileColumn", "SourceColumn", "alike_columns", "source_columns"]

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

FileColumn = Literal[SourceColumn, "returns"]
"""What files may hold besides: returns in the place of prices."""

_Column = TypeVar("_Column", bound=str)

_USUAL_NAMES: Mapping[str, tuple[str, ...]] = {
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
    "returns": ("returns", "return"),
}
_PRICES = ("timestamp", "open", "high", "low", "close", "volume")
_RETURNS = ("timestamp", "returns")


def source_columns(
    names: Sequence[str], said: Mapping[_Column, str], *, origin: str, returns_only: bool = False, next_step: str = ""
) -> dict[_Column, str]:
    """Return the source's column for each of the panel's that it has.

    Parameters
    ----------
    names : sequence of str
        The columns that the source has.
    said : mapping
        What the user says of a panel's column: the source's name for it, or "" where the source has none.
    origin : str
        What the source is called, for messages.
    returns_only : bool
        Whether the source needs returns, and no prices.
    next_step : str
        What messages say to do where columns are lacking, if it is something else than naming them.

    Raises
    ------
    DataError
        If a column that the user names is not there, two may both be meant, or a needed one is found in none. Volume is
        not needed where the user says that there is none.
    """
    found: dict[_Column, str] = {}
    for column in cast("Iterable[_Column]", _USUAL_NAMES):
        name: str | None = None
        if column in said:
            name = _named(column, names, said[column], origin)
        elif returns_only or column != "returns":
            name = _alike(column, names, origin)
        if name:
            found[column] = name
    has_no_volume = any(column == "volume" and not name for column, name in said.items())
    needed = [name for name in (_RETURNS if returns_only else _PRICES) if name != "volume" or not has_no_volume]
    lacking = [column for column in needed if column not in found]
    if lacking:
        hint = " Where there is no volume say columns: {volume: ''}." if lacking == ["volume"] else ""
        raise DataError(
            f"{origin}: no column is {' or '.join(lacking)}; it has {', '.join(names)}. "
            f"{next_step or 'Name the columns under data_source_params.columns.'}{hint}"
        )
    return found


def alike_columns(column: str, names: Sequence[str]) -> list[str]:
    """Return the names that are usual ones of the panel's column, whatever their case."""
    return [name for name in names if re.sub(r"[\W_]", "", name).lower() in _USUAL_NAMES[column]]


def _named(column: str, names: Sequence[str], name: str, origin: str) -> str:
    if name and name not in names:
        raise DataError(
            f"{origin}: there is no column {name!r}, which data_source_params.columns.{column} names; it has "
            f"{', '.join(names)}. Correct the name."
        )
    return name


def _alike(column: str, names: Sequence[str], origin: str) -> str | None:
    alike = alike_columns(column, names)
    if len(alike) > 1:
        raise DataError(
            f"{origin}: {alike[0]!r} and {alike[1]!r} may both be {column}; say which under "
            f"data_source_params.columns.{column}."
        )
    return alike[0] if alike else None
