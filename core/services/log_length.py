"""How long a text in a run's log may be: every reader of the log carries each line whole."""

from __future__ import annotations

__all__ = ["LONGEST_LOG_TEXT", "shortened"]

LONGEST_LOG_TEXT = 64 * 1024
"""Characters of a message, or of a field, that are kept."""


def shortened(text: str) -> str:
    """Return a text as the log keeps it: one that is too long is cut, and says how many characters were left out."""
    # A message may be any object with a text of its own by mistake; the event's model names it then.
    if not isinstance(text, str) or len(text) <= LONGEST_LOG_TEXT:
        return text
    left_out = len(text) - LONGEST_LOG_TEXT
    return f"{text[:LONGEST_LOG_TEXT]} [{left_out:,} more characters left out]"
