"""scikit-learn objects in skops files: the same bytes for the same object, and nothing unknown is loaded.

1. skops names parts after their addresses in memory and stamps the time; both are replaced by running numbers and a
   fixed date, so that equal objects give equal files.
2. Before loading, the types in the file are listed; any that neither skops nor `TRUSTED_TYPES` trusts is refused.
   Parts that unpack to far more than they take in the file are refused before that.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from struct import error as StructError  # noqa: N812 - struct's own name is no class name
from typing import Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError  # noqa: N812 - zlib's own name is no class name

from core.base.errors import DataError
from core.engine.left_out_imports import import_skops_io
from core.engine.zip_entries import refuse_swollen_entries

__all__ = ["TRUSTED_TYPES", "read_skops", "untrusted_types", "write_skops"]

TRUSTED_TYPES = ("numpy.dtype",)
"""Trusted besides scikit-learn's and NumPy's own that skops trusts: SimpleImputer keeps its dtype."""

_SCHEMA = "schema.json"
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)


def write_skops(value: object, path: Path) -> None:
    """Write `value` to `path` in skops' format, deterministically."""
    with ZipFile(io.BytesIO(import_skops_io().dumps(value))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(parts[_SCHEMA])
    names: dict[str, str] = {}
    _renumber(schema, names, [0])
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for old, new in names.items():
            archive.writestr(ZipInfo(new, _FIXED_DATE), parts[old])
        archive.writestr(ZipInfo(_SCHEMA, _FIXED_DATE), json.dumps(schema, indent=1))


def read_skops(path: Path, *, also_trusted: Sequence[str] = ()) -> Any:  # noqa: ANN401 - the caller checks it
    """Return the object in a skops file.

    Parameters
    ----------
    path : Path
        The file.
    also_trusted : sequence of str
        Types besides `TRUSTED_TYPES` whose content the caller checks after loading, by their full names.

    Raises
    ------
    DataError
        If the file is missing, damaged, or holds a type that is not trusted.
    """
    skops_io = import_skops_io()
    from skops.io.exceptions import UntrustedTypesFoundException

    unknown = untrusted_types(path, also_trusted=also_trusted)
    if unknown:
        raise DataError(f"{path} holds types that are not trusted: {', '.join(unknown)}. It is not loaded.")
    try:
        return skops_io.loads(path.read_bytes(), trusted=[*TRUSTED_TYPES, *also_trusted])
    except UntrustedTypesFoundException as error:
        raise DataError(f"{path} is not loaded: {error!s:.300}") from error
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def untrusted_types(path: Path, *, also_trusted: Sequence[str] = ()) -> list[str]:
    """Return the types in a skops file that are not trusted, sorted; nothing is loaded.

    Raises
    ------
    DataError
        If the file is missing or damaged, or a part unpacks to far more than it takes in the file.
    """
    try:
        content = path.read_bytes()
        with ZipFile(io.BytesIO(content)) as archive:
            refuse_swollen_entries(archive.infolist(), path)
        return sorted(set(import_skops_io().get_untrusted_types(data=content)) - {*TRUSTED_TYPES, *also_trusted})
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} is not a readable skops file: {type(error).__name__}: {error!s:.300}")


# RuntimeError: nested too deep (RecursionError), encrypted; ArithmeticError: sizes that no array has.
_DAMAGE = (
    *(OSError, BadZipFile, ZlibError, EOFError, ValueError, LookupError, TypeError, AttributeError, ImportError),
    *(RuntimeError, ArithmeticError, StructError),
)


def _renumber(node: Any, names: dict[str, str], count: list[int]) -> None:  # noqa: ANN401 - plain JSON
    """Number the ids of a schema in reading order, and the files after their first mention."""
    if isinstance(node, list):
        for child in node:
            _renumber(child, names, count)
    elif isinstance(node, dict):
        if isinstance(node.get("file"), str):
            node["file"] = names.setdefault(node["file"], f"{len(names)}.npy")
        if "__id__" in node:
            count[0] += 1
            node["__id__"] = count[0]
        for child in node.values():
            _renumber(child, names, count)
