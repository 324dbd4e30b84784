"""The head of a CSV file: names for columns without one, and what to do where it is no head of a table of prices."""

from __future__ import annotations

from collections.abc import Sequence

from core.engine.source_columns import alike_columns

__all__ = ["NOT_CSV", "header_hint", "named_columns"]

_UTF_16 = "it is text in UTF-16: set data.data_source_params.encoding=utf-16"

NOT_CSV = {
    b"PK\x03\x04": "it is a zip archive (or an Excel workbook): unpack it or save it as CSV, and name that file",
    b"\x1f\x8b": "it is packed by gzip: let its name end in .csv.gz",
    b"PAR1": "it is a Parquet file: let its name end in .parquet",
    b"\xff\xfe": _UTF_16,
    b"\xfe\xff": _UTF_16,
}
"""What the first bytes of a file say that is no CSV as it was to be read."""

_DELIMITERS = {";": ";", "\t": '"\\t"', "|": '"|"', ",": '","'}
_PRICES = {"open", "high", "low", "close", "volume", "adj close"}
_LEVELS = {"price", "attributes"}  # what pandas writes first where columns have two levels


def named_columns(header: Sequence[str]) -> list[str]:
    """Return the columns' names; one whose cell is empty is called as pandas does, `Unnamed: 0`."""
    return [cell or _unnamed(place) for place, cell in enumerate(header)]


def header_hint(header: Sequence[str]) -> str:
    """Return the next step where the first line is not the header that it was taken for, "" where it may be one."""
    named = [cell for cell in header if cell]
    if len(header) == 1 and (between := [mark for mark in _DELIMITERS if mark in header[0]]):
        return (
            f"Its cells seem to stand between {between[0]!r}: set the delimiter, "
            f"-s 'data.data_source_params.delimiter={_DELIMITERS[between[0]]}'."
        )
    if len(named) == 1:
        return f"Line 1 looks like a title ({named[0]!r}) and no header: delete the lines above the header."
    if _is_wide(header):
        return (
            "It looks like a wide table, with a header of several lines or columns for each ticker, as "
            "yfinance.download().to_csv() writes; wide tables are not read. Make it a long one by the three lines of "
            "pandas in docs/data.md, 'A wide table'."
        )
    if "" in header:
        name = _unnamed(header.index(""))
        return (
            f"Name the columns under data_source_params.columns; the one without a name ('') is {name!r}: "
            f"{{timestamp: '{name}'}} if it holds the dates."
        )
    return ""


def _unnamed(place: int) -> str:
    return f"Unnamed: {place}"


def _is_wide(header: Sequence[str]) -> bool:
    if alike_columns("timestamp", header):  # pandas writes that below the prices and tickers
        return False
    names = [cell.lower() for cell in header]
    repeated = {name for name in names if names.count(name) > 1}
    return names[0] in _LEVELS or bool(repeated & _PRICES) or (names[0] == "ticker" and bool(repeated))
