"""Libraries that import others which nothing here uses: those are left out, since each process would pay for them.

A library that can do without another says so by catching ImportError; that is what it meets here. Other threads import
what they like meanwhile, and afterwards so does this one.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from threading import get_ident
from types import ModuleType

__all__ = ["import_empyrical", "import_skops_io"]


def import_skops_io() -> ModuleType:
    """Return the module `skops.io`, without PyTorch.

    skops asks scikit-learn for all of its estimators, which imports every module of scikit-learn. One of them wraps
    PyTorch: where that is installed, it takes seconds and much memory.
    """
    return _import_without("skops.io", "sklearn.externals.array_api_compat.torch")


def import_empyrical() -> ModuleType:
    """Return the module `empyrical`, without what it downloads prices with: that takes a third of its time to load."""
    return _import_without("empyrical", "yfinance", "pandas_datareader")


def _import_without(name: str, *left_out: str) -> ModuleType:
    if name in sys.modules:
        return importlib.import_module(name)
    finder = _Absent(left_out)
    sys.meta_path.insert(0, finder)
    try:
        return importlib.import_module(name)
    finally:
        sys.meta_path.remove(finder)


class _Absent:
    """Answers this thread that modules are not there."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.thread = get_ident()

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name in self.names and get_ident() == self.thread:
            raise ModuleNotFoundError(f"{name} is left out while a library is imported that can do without", name=name)
        return None
