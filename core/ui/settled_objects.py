"""Objects that stay for the process's life are left out of garbage collections.

Streamlit collects all generations after every run of a script or fragment, which holds up every other thread: some
80 ms with what the dashboard imports, and a few with what one run of a script makes.
"""

from __future__ import annotations

import gc
import sys

__all__ = ["settle_what_was_imported"]

_N_NEW_MODULES = 20
_settled_at = 0


def settle_what_was_imported() -> None:
    """Leave out what is there now, where modules have come since the last time.

    Called as a script begins: Streamlit has collected what the one before left. What is left out is still freed when
    nothing refers to it; only a ring of references would stay.
    """
    global _settled_at  # noqa: PLW0603 - modules belong to the process as well
    if len(sys.modules) >= _settled_at + _N_NEW_MODULES:
        _settled_at = len(sys.modules)
        gc.freeze()
