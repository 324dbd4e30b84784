"""What may name an instrument.

A ticker comes back from every file, table and screen as it went in, so one that some of them would change, hide or show
as another is refused by name. Signs of paths, formulas, markup and queries are nothing special: nothing here reads a
ticker as any of these.
"""

from __future__ import annotations

import unicodedata

__all__ = ["LONGEST_TICKER", "ticker_fault", "ticker_shown", "ticker_text"]

LONGEST_TICKER = 64
"""Characters."""

_SHOWN = 40
_UNSEEN = {
    "Cc": "a control character",
    "Cf": "an invisible character",
    "Cs": "half of a character (a lone surrogate)",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}


def ticker_fault(name: object) -> str:
    """Return why `name` cannot name an instrument, such as "holds the control character U+0009"; "" where it can."""
    if not isinstance(name, str):
        return f"is no name but of the type {type(name).__name__}; tickers are texts"
    if not name.strip():
        return "is no name; tickers are texts that are not blank"
    if len(name) > LONGEST_TICKER:
        return f"has {len(name):,} characters; at most {LONGEST_TICKER} are allowed"
    for character in name:
        unseen = _UNSEEN.get(unicodedata.category(character))
        if unseen:
            return f"holds {unseen}, U+{ord(character):04X}; only what can be seen may name a ticker"
    if name != name.strip():
        return "begins or ends with white space; take it off"
    return ""


def ticker_text(name: object) -> str:
    """Return how messages show a ticker that is refused: quoted, its unseen characters as escapes, cut to a line."""
    shown = ascii(name) if isinstance(name, str) and not name.isprintable() else repr(name)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 3]}..."


def ticker_shown(name: object) -> str:
    """Return how messages show a ticker of which nobody knows yet whether it may be one: as it is where it may."""
    return ticker_text(name) if ticker_fault(name) else str(name)
