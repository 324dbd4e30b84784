"""What documents do not share, leaf by leaf, and values side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["ABSENT", "Difference", "differences", "side_by_side"]

ABSENT = "-"


@dataclass(frozen=True)
class Difference:
    """One thing that the runs do not share: its path, and its value in each run (None where absent)."""

    path: str
    values: tuple[object, ...]


def differences(documents: Sequence[Mapping[str, object]]) -> tuple[Difference, ...]:
    """Return the leaves that the documents do not share, by dotted path, in order."""
    leaves = [_leaves(document) for document in documents]
    paths = sorted({path for found in leaves for path in found})
    rows = (Difference(path, tuple(found.get(path, ABSENT) for found in leaves)) for path in paths)
    return tuple(row for row in rows if any(value != row.values[0] for value in row.values[1:]))


def side_by_side(documents: Sequence[Mapping[str, object]]) -> tuple[Difference, ...]:
    """Return every value that some flat document has, by name, in order; None where a document lacks it."""
    names = sorted({name for found in documents for name in found})
    return tuple(Difference(name, tuple(found.get(name) for found in documents)) for name in names)


def _leaves(value: object, path: str = "") -> dict[str, object]:
    if isinstance(value, Mapping) and (value or not path):
        parts: list[tuple[str, object]] = [(str(name), inner) for name, inner in value.items()]
    elif isinstance(value, list) and any(isinstance(inner, (Mapping, list)) for inner in value):
        parts = [(str(position), inner) for position, inner in enumerate(value)]
    else:
        return {path: value}
    found: dict[str, object] = {}
    for name, inner in parts:
        found.update(_leaves(inner, f"{path}.{name}" if path else name))
    return found
