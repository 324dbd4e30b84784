"""How kernels are compiled, and where their machine code is kept.

1. numba's disk cache watches the file of the cached function only, not the files of what it calls. The folder is
   therefore named after a hash of every source in this package: any change opens a new folder.
2. The folder is `<QLOP_CACHE_DIR or the user's cache folder>/kernels/<hash>`.
3. Only entry points are kept on disk; what they call is compiled into them.
4. Where the folder cannot be written, kernels are compiled in memory, and nothing else changes.
5. Kernels allocate nothing and so count no references: with many small views of arrays, counting took half of the time.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
import platformdirs

__all__ = [
    "CACHE_VARIABLE",
    "are_kernels_kept",
    "entry_point",
    "kernel",
    "kernel_cache_folder",
    "sources_hash",
    "summation",
]

CACHE_VARIABLE = "QLOP_CACHE_DIR"

Function = TypeVar("Function", bound=Callable[..., Any])

_OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True, "_nrt": False}
_INNER: dict[str, Any] = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def kernel(function: Function) -> Function:
    """Compile a function that other kernels call. Python cannot call it: the wrapper is left out, to compile faster."""
    compiled: Function = numba.njit(**_INNER)(function)
    return compiled


def summation(function: Function) -> Function:
    """Compile a loop of sums, which may be added in any order; NaN and infinity keep their meaning."""
    compiled: Function = numba.njit(fastmath={"reassoc", "nsz"}, **_INNER)(function)
    return compiled


def entry_point(function: Function) -> Function:
    """Compile a function that Python calls, and keep its machine code on disk where that is possible."""
    folder = kernel_cache_folder()
    if folder is None:
        in_memory: Function = numba.njit(**_OPTIONS)(function)
        return in_memory
    settings: Any = numba.config
    before = settings.CACHE_DIR
    settings.CACHE_DIR = str(folder)
    try:
        compiled: Function = numba.njit(cache=True, **_OPTIONS)(function)
    finally:
        settings.CACHE_DIR = before
    return compiled


@cache
def kernel_cache_folder() -> Path | None:
    """Return the folder that holds the kernels' machine code, made if need be; None where it cannot be written."""
    root = os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("qlop")
    folder = Path(root) / "kernels" / sources_hash()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def are_kernels_kept() -> bool:
    """Return whether machine code of these sources lies on disk, so that nothing has to be compiled."""
    folder = kernel_cache_folder()
    return folder is not None and any(folder.glob("*/*.nbc"))


def sources_hash() -> str:
    """Return 16 hexadecimal digits that change with any source of this package or with numba's version."""
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
