"""What a run depends on besides its config: versions, machine, command."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

__all__ = ["describe_environment"]

_LIBRARIES = (
    "qlop",
    "numpy",
    "pandas",
    "scipy",
    "numba",
    "scikit-learn",
    "xgboost-cpu",
    "xgboost",
    "pyarrow",
    "pydantic",
    "empyrical-reloaded",
    "skops",
)


def describe_environment(seed: int, thread_count: int, command: Sequence[str]) -> dict[str, object]:
    """Return the facts of environment.json that are known before the run begins.

    Parameters
    ----------
    seed, thread_count : int
        As resolved.
    command : sequence of str
        The command line; it holds references to secrets at most, never secrets.
    """
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "core_count": os.cpu_count(),
        "executable": sys.executable,
        "command": list(command),
        "seed": seed,
        "thread_count": thread_count,
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name))},
    }


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
