"""What no config may hold, of whatever form its file is.

Values nested deeper than 64 levels end Python's own functions, which call themselves for each level. Half a character
(a surrogate alone) cannot be written to any file again.
"""

from __future__ import annotations

import re

from core.base.errors import ConfigError

__all__ = ["MOST_LEVELS", "refuse_deep_keys", "refuse_unfit_values"]

MOST_LEVELS = 64
_LONGEST_NAME = 1_000
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
_DEEP_KEY = re.compile(rf"{_PART}(?:\.[ \t]*+{_PART}){{{MOST_LEVELS},}}")


def refuse_unfit_values(raw: object, where: str) -> None:
    """Refuse values more than 64 deep in one another, keys as long as a book, and text that no file can hold.

    Raises
    ------
    ConfigError
        If there is one.
    """
    level: list[object] = [raw]
    for _ in range(MOST_LEVELS + 1):
        if not level:
            return
        for value in level:
            _refuse_unfit_text(value, where)
        level = [child for value in level for child in _children(value)]
    raise ConfigError(f"{where}: values are nested deeper than {MOST_LEVELS} levels; flatten the file.")


def refuse_deep_keys(text: str, where: str) -> None:
    """Refuse TOML whose dotted keys have more than 64 steps, which take a parser hours before they are refused.

    Raises
    ------
    ConfigError
        If one has.
    """
    found = _DEEP_KEY.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise ConfigError(f"{where}: line {line}: a key has more than {MOST_LEVELS} steps; flatten the file.")


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _refuse_unfit_text(value: object, where: str) -> None:
    names = [key for key in value if isinstance(key, str)] if isinstance(value, dict) else []
    for name in names:
        if len(name) > _LONGEST_NAME:
            raise ConfigError(f"{where}: the key {name[:40]!r}... has {len(name):,} characters; no field has.")
    for text in (*names, *([value] if isinstance(value, str) else ())):
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ConfigError(
                f"{where}: a text holds half of a character, the surrogate {text[error.start : error.end]!r}; write "
                "the whole character."
            ) from error
