"""What a run runs with: what one needs to know to get the same numbers again."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata

from core.store.json_form import Json, json_value

__all__ = ["describe_environment"]

_LIBRARIES = (
    "empyrical-reloaded",
    "joblib",
    "numba",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "scikit-learn",
    "scipy",
    "skops",
    "sqlalchemy",
    "xgboost",
    "xgboost-cpu",
)


def describe_environment(
    *, seed: int, thread_count: int, command: Sequence[str], plugins: Mapping[str, str] | None = None
) -> dict[str, Json]:
    """Return what environment.json holds at a run's start; nothing heavy is imported for it.

    Parameters
    ----------
    seed, thread_count : int
        As resolved.
    command : sequence of str
        How the run was started. Secrets are references there, never values.
    plugins : mapping of str to str, optional
        Version by qualified name (`models/xgboost`). The data's fingerprint is added once data are loaded, by
        `RunSession.update_environment(data_fingerprint=...)`.
    """
    return {
        "qlop": _version("qlop"),
        "python": platform.python_version(),
        "python_executable": sys.executable,
        "platform": platform.platform(),
        "machine": platform.node(),
        "processor": platform.machine(),
        "core_count": os.cpu_count(),
        "thread_count": thread_count,
        "seed": seed,
        "command": json_value(list(command)),
        "plugins": json_value(dict(plugins or {})),
        "libraries": {name: version for name in _LIBRARIES if (version := _version(name)) is not None},
    }


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
