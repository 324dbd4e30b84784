"""What a person may write on a run: tags of one line, and a note of any; nothing that comes back as another text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from core.base.errors import UsageError

__all__ = ["checked_note", "checked_tags"]

_SHOWN = 40
_NOT_OF_A_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def checked_tags(tags: Iterable[str]) -> list[str]:
    """Return the tags in the alphabet's order, each once, white space around them taken off and blank ones left out.

    Raises
    ------
    UsageError
        If one holds a character that is not of a line of text: a control character, a line's end, half of a character.
    """
    chosen = sorted({tag.strip(" ") for tag in tags} - {""})
    for tag in chosen:
        _refuse(tag, "Tag", [character for character in tag if unicodedata.category(character) in _NOT_OF_A_LINE])
    return chosen


def checked_note(note: str) -> str:
    """Return the note as it is.

    Raises
    ------
    UsageError
        If it holds NUL or half of a character, which not every store keeps.
    """
    _refuse(note, "The note", [mark for mark in note if mark == "\0" or unicodedata.category(mark) == "Cs"])
    return note


def _refuse(text: str, what: str, found: list[str]) -> None:
    if found:
        shown = ascii(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!a}..."
        raise UsageError(f"{what} {shown} holds U+{ord(found[0]):04X}, which no text may hold here; take it out.")
