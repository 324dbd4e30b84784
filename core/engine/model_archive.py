"""A model's folder in one zip file: the same bytes for the same folder, and safe to unpack.

1. Packing stores the files sorted by name, with a fixed date and fixed permissions.
2. Unpacking reads the whole list first (zip_entries.py). Where an entry is refused, nothing is written.
"""

from __future__ import annotations

from pathlib import Path
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError  # noqa: N812 - zlib's own name is no class name

from core.base.errors import DataError
from core.base.temporary_folder import full_disk_named
from core.engine.zip_entries import check_directory, checked_entries

__all__ = ["pack_model", "unpack_model"]

_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100644
_CHUNK = 1 << 20


def pack_model(folder: Path, path: Path) -> None:
    """Write all files of `folder` into the zip file `path`.

    Raises
    ------
    OSError
        If a file cannot be read or the zip file cannot be written.
    """
    files = sorted(entry.relative_to(folder).as_posix() for entry in folder.rglob("*") if entry.is_file())
    with ZipFile(path, "w") as archive:
        for name in files:
            entry = ZipInfo(name, _FIXED_DATE)
            entry.create_system = 3
            entry.external_attr = _REGULAR_FILE << 16
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, (folder / name).read_bytes(), compresslevel=6)


def unpack_model(path: Path, folder: Path) -> None:
    """Write the files of the zip file `path` into `folder`, existing and empty.

    Raises
    ------
    DataError
        If the file is no zip file, is damaged, or holds an entry that is refused.
    StoreError
        If the disk of `folder` is full.
    """
    try:
        check_directory(path)
        with ZipFile(path) as archive, full_disk_named(folder):
            entries = checked_entries(archive, path)
            for entry in entries:
                target = folder / entry.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as source, target.open("xb") as file:
                    while chunk := source.read(_CHUNK):
                        file.write(chunk)
    except (BadZipFile, ZlibError, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{path} is not a readable zip file: {error!s:.200}") from error
