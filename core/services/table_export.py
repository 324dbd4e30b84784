"""Tables as files to download: CSV and Excel, in which no cell is ever a formula.

A spreadsheet reads a cell that begins with = + - @, a tab or a line end as a formula, and titles, notes and tags are
anybody's text. CSV has no types, so such a text gets an apostrophe before it (OWASP, "CSV Injection"); Excel's file has
types, so there it stays as it is, as a text. Numbers stay numbers in both.
"""

from __future__ import annotations

import io
from datetime import UTC
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["csv_bytes", "excel_bytes"]

_OPENS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_LONGEST_CELL = 32_767  # characters, in Excel
_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Return the table as CSV in UTF-8, with a mark that tells spreadsheets so; times in ISO 8601, no index."""
    safe = table.rename(columns=lambda name: _harmless(str(name)))
    texts = safe.select_dtypes(include=["object", "str", "category"]).columns
    safe = safe.assign(**{name: safe[name].map(_harmless, na_action="ignore") for name in texts})
    text = safe.to_csv(index=False, lineterminator="\r\n", date_format="%Y-%m-%dT%H:%M:%S%z")
    return text.encode("utf-8-sig", errors="replace")


def excel_bytes(table: pd.DataFrame, *, sheet: str = "Runs") -> bytes:
    """Return the table as an .xlsx file with one sheet; times in UTC, the index left out, undefined cells empty."""
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    with Workbook(buffer, {"in_memory": True, **_PLAIN}) as book:
        page = book.add_worksheet(sheet)
        bold = book.add_format({"bold": True})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for column, name in enumerate(table.columns):
            page.write_string(0, column, str(name), bold)
            for row, value in enumerate(table[name], start=1):
                _write(page, row, column, value, moment)
        page.freeze_panes(1, 0)
        page.set_column(0, max(0, len(table.columns) - 1), 18)
    return buffer.getvalue()


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_OPENS_A_FORMULA) else value


def _write(page: Any, row: int, column: int, value: Any, moment: Any) -> None:  # noqa: ANN401 - xlsxwriter's own, untyped
    import math

    import pandas as pd

    if isinstance(value, pd.Timestamp):
        naive = value.tz_convert(UTC).tz_localize(None) if value.tzinfo else value
        page.write_datetime(row, column, naive.to_pydatetime(warn=False), moment)
    elif isinstance(value, (bool, int, float)) or hasattr(value, "dtype"):
        if math.isfinite(value):
            page.write_number(row, column, value)
    elif not pd.isna(value):
        page.write_string(row, column, str(value)[:_LONGEST_CELL])
