"""How kernels are compiled, and where their machine code is kept.

1. An entry point's byte code says nothing of what it calls in other files. The folder is therefore named after a hash
   of every source in this package: any change opens a new folder.
2. The folder is `<QLOP_CACHE_DIR or the user's cache folder>/kernels/<hash>`.
3. Only entry points are kept on disk (kept_code.py says how); what they call is compiled into them.
4. Where the folder or a file in it cannot be used, a warning says so, kernels are compiled in memory, and nothing else
   changes.
5. Kernels allocate nothing and so count no references: with many small views of arrays, counting took half of the time.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import platformdirs

from core.engine.kernels.kept_code import CodeFolder, KeptCode

__all__ = [
    "CACHE_VARIABLE",
    "are_kernels_kept",
    "entry_point",
    "kernel",
    "kernel_cache",
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
    compiled: Any = numba.njit(**_OPTIONS)(function)
    # What numba's own `enable_caching` does, with a cache of ours.
    compiled._cache = KeptCode(function, kernel_cache())  # noqa: SLF001
    return cast(Function, compiled)


@cache
def kernel_cache() -> CodeFolder:
    """Return the folder for the kernels' machine code, made if need be, and why it cannot be used."""
    root = os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("qlop")
    advice = f"Mend that, or name another folder with {CACHE_VARIABLE}."
    return CodeFolder(Path(root) / "kernels" / sources_hash(), advice)


def kernel_cache_folder() -> Path | None:
    """Return the folder that holds the kernels' machine code; None where it cannot be used."""
    folder = kernel_cache()
    return None if folder.fault else folder.path


def are_kernels_kept() -> bool:
    """Return whether machine code of the ledger lies on disk: nothing else takes long to compile."""
    folder = kernel_cache_folder()
    return folder is not None and any(folder.glob("run_ledger.*.nbc"))


def sources_hash() -> str:
    """Return 16 hexadecimal digits that change with any source of this package or with numba's version."""
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
