"""Machine code of kernels in files: read where that is safe, written where that is possible, and no run depends on it.

1. The folder is used if this user alone may write it: code that another user could have placed there would run here.
2. A file is `<kernel>.<Python>.<hash>.nbc`; the hash is of the argument types, of the processor and of the byte code.
3. It holds a SHA-256, and then, pickled, that key in full and the machine code. What has another sum, as after a power
   cut, is removed before any of it is used; so is a file that others may write.
4. Every fault is told once, as a warning of this module's logger, and the kernel is compiled in memory.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import stat
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

__all__ = ["CodeFolder", "KeptCode"]

_logger = logging.getLogger(__name__)

_DIGEST_BYTES = hashlib.sha256().digest_size


class CodeFolder:
    """A folder for machine code, made if need be.

    Attributes
    ----------
    path : Path
        The folder.
    fault : str
        Why it cannot be used; empty where it can.
    """

    def __init__(self, path: Path, advice: str) -> None:
        self.path = path
        self.fault = _folder_fault(path)
        self._advice = advice
        self._told: set[str] = set()

    def tell_unkept(self, why: str) -> None:
        """Warn that nothing can be kept here."""
        self._tell(
            f"Compiled kernels cannot be kept in {self.path}: {why}. Each run that needs them compiles them in memory, "
            f"which takes about 20 s; results are the same. {self._advice}"
        )

    def remove(self, file: Path, why: str) -> None:
        """Remove a file of this folder that must not be used, and warn."""
        with suppress(OSError):
            file.unlink()
        self._tell(f"The compiled kernel {file} is not used: {why}. It is compiled anew; results are the same.")

    def _tell(self, message: str) -> None:
        if message not in self._told:
            self._told.add(message)
            _logger.warning("%s", message)


class KeptCode(NullCache):
    """The cache of one kernel, as numba's dispatcher asks it; no fault of the folder or of a file is raised.

    Parameters
    ----------
    function : callable
        The kernel as Python.
    folder : CodeFolder
        Where machine code lies.
    """

    def __init__(self, function: Callable[..., Any], folder: CodeFolder) -> None:
        self._function = function
        self._folder = folder

    @property
    def cache_path(self) -> str:
        """The folder."""
        return str(self._folder.path)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the kernel for these argument types; None where it has to be compiled."""
        if self._folder.fault:
            self._folder.tell_unkept(self._folder.fault)
            return None
        target_context.refresh()
        key = self._key(sig, target_context.codegen())
        body = self._read(self._path(key))
        if not body:
            return None
        found, reduced = pickle.loads(body)  # noqa: S301 - whole, and written by this user
        return self._rebuilt(target_context, reduced) if found == key else None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled kernel, where that is possible."""
        # Dynamic globals are addresses of this process.
        if self._folder.fault or data.library.has_dynamic_globals:
            return
        key = self._key(sig, data.codegen)
        # As numba's own cache does.
        body = dumps((key, data._reduce()))  # type: ignore[no-untyped-call]  # noqa: SLF001
        try:
            _write(self._path(key), hashlib.sha256(body).digest() + body)
        except OSError as error:
            self._folder.tell_unkept(error.strerror or str(error))

    @staticmethod
    def _rebuilt(target_context: Any, reduced: tuple[Any, ...]) -> Any:
        # As numba's own cache does.
        return CompileResult._rebuild(target_context, *reduced)  # type: ignore[no-untyped-call]  # noqa: SLF001

    def _read(self, path: Path) -> bytes:
        try:
            with path.open("rb") as file:
                fault = _written_by_others(os.fstat(file.fileno()))
                held = file.read()
        except FileNotFoundError:
            return b""
        except OSError as error:
            self._folder.remove(path, error.strerror or str(error))
            return b""
        digest, body = held[:_DIGEST_BYTES], held[_DIGEST_BYTES:]
        if hashlib.sha256(body).digest() != digest:
            fault = fault or "it is damaged, as after a power cut"
        if fault:
            self._folder.remove(path, fault)
        return b"" if fault else body

    def _key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        return sig, codegen.magic_tuple(), self._function.__module__, self._function.__code__.co_code

    def _path(self, key: tuple[Any, ...]) -> Path:
        digest = hashlib.sha256(repr(key).encode()).hexdigest()[:16]
        return self._folder.path / f"{self._function.__qualname__}.{sys.implementation.cache_tag}.{digest}.nbc"


def _folder_fault(folder: Path) -> str:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return _written_by_others(folder.stat())
    except OSError as error:
        return error.strerror or str(error)


def _written_by_others(found: os.stat_result) -> str:
    if sys.platform == "win32" or (found.st_uid == os.geteuid() and not found.st_mode & 0o022):
        return ""
    return f"others than you may write it (mode {stat.S_IMODE(found.st_mode):04o}, owner {found.st_uid})"


def _write(path: Path, content: bytes) -> None:
    """Write a file that appears whole: processes that compile at once replace each other's."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(draft).replace(path)
    except OSError:
        with suppress(OSError):
            Path(draft).unlink()
        raise
