"""What the screens import first thing is imported while the first of them is being read.

Not before: whatever a server imports as its first page loads makes that page wait.
"""

from __future__ import annotations

import importlib
from functools import cache
from threading import Timer

__all__ = ["warm_up_once"]

_AFTER_S = 1.0
_MODULES = ("pandas", "sqlalchemy", "core.services.run_list", "core.ui.charts", "core.ui.run_comparison")


@cache
def warm_up_once() -> None:
    """Import the other screens' modules in the background, a moment from now."""
    timer = Timer(_AFTER_S, lambda: [importlib.import_module(name) for name in _MODULES])
    timer.daemon = True
    timer.start()
