"""Anybody's text for the places where Streamlit takes nothing but markdown: labels, tooltips, headings of expanders."""

from __future__ import annotations

import re

__all__ = ["escaped"]

# No more than what can begin markup: labels are also read aloud, with every backslash.
_MARKS = re.compile(r"([\\`*_\[\]<&~$])")
_AT_THE_START = re.compile(r"^([-+>#=|]|\d+(?=[.)]))")
# Links, :material/icons:, :emoji: and :red[colours] are searched for once more after escapes are gone; a word joiner,
# which has no width, keeps them apart.
_FOUND_AFTER_ESCAPING = re.compile(r"(:|@|www)(?=\S)", re.IGNORECASE)
_JOINER = "\u2060"


def escaped(text: str) -> str:
    """Return markdown that shows `text` as the characters that it is, on one line."""
    apart = _FOUND_AFTER_ESCAPING.sub(rf"\1{_JOINER}", " ".join(text.split()))
    marked = _MARKS.sub(r"\\\1", apart)
    return _AT_THE_START.sub(lambda found: _at_the_start(found[0]), marked)


def _at_the_start(mark: str) -> str:
    return f"{mark}{_JOINER}" if mark.isdigit() else f"\\{mark}"
