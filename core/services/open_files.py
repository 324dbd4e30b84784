"""How many files this process may have open; a connection is one."""

from __future__ import annotations

import resource

__all__ = ["grant_open_files"]


def grant_open_files(wished: int) -> int:
    """Raise this process's soft limit to `wished`, as far as the system allows, and return what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wished
    granted = wished if hard == resource.RLIM_INFINITY else min(hard, wished)
    if granted <= soft:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))
    except (OSError, ValueError):
        # Some systems have a lower bound of their own that getrlimit does not tell.
        return soft
    return granted
