"""A plugin as an option of a picker: its name, and as much of what it is as the picker has room for."""

from __future__ import annotations

import textwrap

from core.ui.plain_text import without_marks
from core.ui.window_width import is_narrow

__all__ = ["option_words"]

_WIDE, _NARROW = 66, 34


def option_words(name: str, summary: str) -> str:
    """Return "xgboost: Gradient-boosted trees"; one that is too long ends with a whole word and an ellipsis."""
    said = without_marks(summary).rstrip(".")
    room = max(_NARROW if is_narrow() else _WIDE, len(name) + 12)
    return textwrap.shorten(f"{name}: {said}", room, placeholder="\N{HORIZONTAL ELLIPSIS}") if said else name
