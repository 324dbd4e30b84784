"""Tables of plain text: columns aligned, numbers to the right, what came from outside made harmless."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["format_table", "harmless", "harmless_lines"]


def harmless(text: object) -> str:
    """Return `text` with control and direction characters shown as escapes, so that it cannot steer a terminal."""
    text = str(text)
    if text.isprintable():  # no such character; most lines of a log end here
        return text
    return "".join(
        character if unicodedata.category(character) not in {"Cc", "Cf"} else f"\\u{ord(character):04x}"
        for character in text
    )


def harmless_lines(text: object) -> str:
    """Return `text` as `harmless` does, its lines kept."""
    return "\n".join(map(harmless, str(text).split("\n")))


def format_table(headings: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[int] = ()) -> str:
    """Return an aligned table.

    Parameters
    ----------
    headings : sequence of str
        One for each column.
    rows : sequence of sequences
        Cells; None is shown as nothing.
    right : sequence of int
        Columns aligned to the right.
    """
    cells = [[harmless("" if cell is None else cell) for cell in row] for row in (headings, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    lines = [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
