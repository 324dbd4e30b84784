"""Lazy re-exports (PEP 562): a name is imported from its home when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

__all__ = ["lazy_attributes"]


def lazy_attributes(
    face: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` of a face that re-exports `homes`.

    Parameters
    ----------
    face : str
        The face module's name, for its errors.
    homes : mapping of str to str
        Exported name to the absolute module that defines it.
    """

    def attribute(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {face!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)

    names = sorted(homes)
    return attribute, lambda: names, names
