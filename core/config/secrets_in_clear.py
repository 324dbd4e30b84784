"""Secrets that stand in a config themselves, in whatever field: refused before anything repeats or keeps them.

A config is written to the run's folder, into the index of runs and onto screens. So all of its texts are looked at
before it is checked otherwise, as the words of other checks repeat what they found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from core.base.clear_passwords import IN_CLEAR, holds_password, names_password
from core.base.errors import ConfigError
from core.base.validation import FieldProblem, Where, place_of

__all__ = ["Advise", "FieldPath", "blotted", "no_advice", "refuse_secrets_in_clear", "secrets_in_clear"]

FieldPath = tuple[str | int, ...]
Advise = Callable[[FieldPath], str]
"""Returns a sentence, or nothing, on what takes a secret instead of the field at a path."""

_BLOT = "***"
_REFERENCES = ("env:", "file:")


def no_advice(_path: FieldPath) -> str:
    """Return nothing: what takes a secret is not known."""
    return ""


def secrets_in_clear(raw: Mapping[str, Any], advise: Advise = no_advice) -> list[FieldProblem]:
    """Return a problem for each text that bears a password, a token or a key; the problem's text does not hold it."""
    return [FieldProblem(path, f"{_told(path, text)} {advise(path)}".rstrip()) for path, text in _found(raw)]


def refuse_secrets_in_clear(raw: Mapping[str, Any], where: Where, advise: Advise = no_advice) -> None:
    """Refuse a config that bears a secret in the clear.

    Raises
    ------
    ConfigError
        If it does; each place is told, and nothing of what stands there.
    """
    problems = secrets_in_clear(raw, advise)
    if problems:
        raise ConfigError("\n".join(f"{place_of(where, found.path)}: {found.message}" for found in problems))


def blotted(raw: Mapping[str, Any], paths: Sequence[FieldPath] = ()) -> dict[str, Any]:
    """Return a copy with stars in the place of each secret in the clear, and of what stands at `paths`."""
    hidden = {*paths, *(path for path, _ in _found(raw))}
    copied: dict[str, Any] = {} if () in hidden else _blotted(raw, (), hidden)
    return copied


def _told(path: FieldPath, holder: str) -> str:
    place = ".".join(map(str, path)) or "the config"
    return f"a name in {place} {IN_CLEAR}" if holder == "name" else f"{place} {IN_CLEAR}"


def _found(raw: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    """Yield the path of each, and whether it is the "value" there or a "name" within it."""
    waiting: list[tuple[FieldPath, object, bool]] = [((), raw, False)]
    while waiting:
        path, value, is_named_secret = waiting.pop()
        if isinstance(value, Mapping):
            if any(isinstance(name, str) and holds_password(name) for name in value):
                yield path, "name"
                continue
            inner = [((*path, str(name)), part, names_password(str(name))) for name, part in value.items()]
            waiting += reversed(inner)
        elif isinstance(value, (list, tuple)):
            waiting += reversed([((*path, place), part, is_named_secret) for place, part in enumerate(value)])
        elif _is_secret(value, is_named_secret):
            yield path, "value"


def _is_secret(value: object, is_named_secret: bool) -> bool:
    if value is None or isinstance(value, (bool, float)):
        return False
    if isinstance(value, int):
        return is_named_secret
    # From Python anything may come, such as a Path; the config's own check refuses it, and repeats it.
    return holds_password(str(value)) or (is_named_secret and _is_in_clear(str(value)))


def _is_in_clear(text: str) -> bool:
    return bool(text.strip("* ")) and not text.startswith(_REFERENCES)


def _blotted(value: object, path: FieldPath, hidden: set[FieldPath]) -> Any:  # noqa: ANN401 - any JSON
    if path in hidden:
        return _BLOT
    if isinstance(value, Mapping):
        return {str(name): _blotted(part, (*path, str(name)), hidden) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_blotted(part, (*path, place), hidden) for place, part in enumerate(value)]
    return value
