"""Plain text for a terminal: paragraphs, labelled lines, aligned tables, and numbers as people read them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import date
from typing import TypeGuard

__all__ = [
    "WIDTH",
    "aligned_table",
    "labelled",
    "listed",
    "money",
    "number",
    "paragraph",
    "percent",
    "shortened",
    "span",
    "times",
]

WIDTH = 96
_INDENT = "  "
_LABEL_WIDTH = 15
_ABSENT = "-"


def paragraph(text: str) -> list[str]:
    """Return `text` as indented lines of at most WIDTH characters."""
    return textwrap.wrap(text, WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, break_long_words=False)


def labelled(label: str, text: str) -> list[str]:
    """Return a label and its text, the text's further lines under its first."""
    begin = f"{_INDENT}{label:<{_LABEL_WIDTH}} "
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=begin,
        subsequent_indent=" " * len(begin),
        break_long_words=False,
        break_on_hyphens=False,
    )


def aligned_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines of columns as wide as their widest cell: the first to the left, the others to the right.

    Columns stand two blanks apart where that fits into WIDTH, else one.
    """
    widths = [max(len(row[place]) for row in (header, *rows)) for place in range(len(header))]
    gap = "  " if len(_INDENT) + sum(widths) + 2 * (len(widths) - 1) <= WIDTH else " "
    lines = [
        _INDENT + gap.join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in (header, *rows)
    ]
    return [lines[0], _INDENT + "-" * (len(lines[0]) - len(_INDENT)), *lines[1:]]


def listed(names: Sequence[str]) -> str:
    """Return names as "a, b and c"."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def shortened(text: str, length: int) -> str:
    """Return `text`, or its beginning and two dots where it is longer than `length`."""
    return text if len(text) <= length else f"{text[: length - 2]}.."


def percent(value: object, digits: int = 1) -> str:
    """Return a fraction as a percentage; a dash where there is none."""
    return f"{100.0 * value:.{digits}f} %" if _is_number(value) else _ABSENT


def number(value: object, digits: int = 2) -> str:
    """Return a number with a fixed count of digits; a dash where there is none."""
    return f"{value:,.{digits}f}" if _is_number(value) else _ABSENT


def money(value: object) -> str:
    """Return an amount without decimals, thousands apart; a dash where there is none."""
    return number(value, 0) if not _is_number(value) or abs(value) >= 0.5 else "0"


def times(value: object) -> str:
    """Return a leverage as "2.00x"; a dash where there is none."""
    return f"{value:.2f}x" if _is_number(value) else _ABSENT


def span(first: date, last: date) -> str:
    """Return two dates as "2003-03-07 to 2013-03-01"."""
    return f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
