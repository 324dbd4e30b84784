"""skops without PyTorch.

When skops is imported it asks scikit-learn for all of its estimators, which imports every module of scikit-learn. One
of them wraps PyTorch: where that is installed, each process would pay seconds and much memory for nothing.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

__all__ = ["import_skops_io"]

_WRAPPER = "sklearn.externals.array_api_compat.torch"


def import_skops_io() -> ModuleType:
    """Return the module `skops.io`; what it imports for the first time leaves PyTorch alone."""
    is_new = _WRAPPER not in sys.modules
    if is_new:
        # None is Python's own word for a module that cannot be imported; the search passes over those.
        sys.modules[_WRAPPER] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("skops.io")
    finally:
        if is_new:
            sys.modules.pop(_WRAPPER, None)
