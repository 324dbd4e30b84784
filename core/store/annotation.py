"""What a person may write on a run: tags of one line, and a note of any.

Nothing that comes back as another text; and no secret in the clear, as notes and tags stand on screens, in lists and in
whatever is made of them, just as a config does.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from core.base.clear_passwords import IN_CLEAR, holds_password
from core.base.errors import UsageError

__all__ = ["checked_note", "checked_tags"]

_SHOWN = 40
_NOT_OF_A_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def checked_tags(tags: Iterable[str]) -> list[str]:
    """Return the tags in the alphabet's order, each once, white space around them taken off and blank ones left out.

    Raises
    ------
    UsageError
        If one holds a password, a token or a key, which is not repeated; or a character that is not of a line of text:
        a control character, a line's end, half of a character.
    """
    given = list(tags)
    chosen = sorted({tag.strip(" ") for tag in given} - {""})
    # A form cuts at commas, which a password may have.
    if any(map(holds_password, (*chosen, ",".join(given)))):
        raise UsageError(f"A tag {IN_CLEAR} The tags are left as they were.")
    for tag in chosen:
        _refuse(tag, "Tag", [character for character in tag if unicodedata.category(character) in _NOT_OF_A_LINE])
    return chosen


def checked_note(note: str) -> str:
    """Return the note as it is.

    Raises
    ------
    UsageError
        If it holds a password, a token or a key, which is not repeated; or NUL or half of a character, which not every
        store keeps.
    """
    if holds_password(note):
        raise UsageError(f"The note {IN_CLEAR} It is left as it was.")
    _refuse(note, "The note", [mark for mark in note if mark == "\0" or unicodedata.category(mark) == "Cs"])
    return note


def _refuse(text: str, what: str, found: list[str]) -> None:
    if found:
        shown = ascii(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!a}..."
        raise UsageError(f"{what} {shown} holds U+{ord(found[0]):04X}, which no text may hold here; take it out.")
