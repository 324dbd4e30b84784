"""Markdown in which anybody's text is shown as it is: no renderer takes it for links, tables or HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["plain", "table"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$])")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def plain(text: str) -> str:
    """Return text that Markdown shows as it is, on one line; a bare address is no link either."""
    return _SPECIAL.sub(r"\\\1", " ".join(_UNSEEN.sub(" ", text).split())).replace("://", ":\\//")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the cells are anybody's text."""
    lines = [header, ["---"] * len(header), *([plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
