"""A model's folder in one zip file: the same bytes for the same folder, and safe to unpack.

1. Packing stores the files sorted by name, with a fixed date and fixed permissions.
2. Unpacking reads the whole list first. A name that would leave the folder, a link, a name that comes twice, or more
   than MAX_FILES files or MAX_BYTES bytes are refused, and nothing is written.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError  # noqa: N812 - zlib's own name is no class name

from core.base.errors import DataError

__all__ = ["MAX_BYTES", "MAX_FILES", "checked_entries", "pack_model", "unpack_model"]

MAX_FILES = 10_000
MAX_BYTES = 8 * 1024**3
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100644
_FILE_KIND = 0o170000
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
    """
    try:
        with ZipFile(path) as archive:
            entries = checked_entries(archive, path)
            for entry in entries:
                target = folder / entry.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as source, target.open("xb") as file:
                    while chunk := source.read(_CHUNK):
                        file.write(chunk)
    except (BadZipFile, ZlibError, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{path} is not a readable zip file: {error!s:.200}") from error


def checked_entries(archive: ZipFile, path: Path) -> list[ZipInfo]:
    """Return the entries of an open archive, all of which may be unpacked; nothing is.

    Raises
    ------
    DataError
        If they are too many or too large, a name comes twice, or one may not be unpacked.
    """
    entries = archive.infolist()
    size = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_FILES or size > MAX_BYTES:
        raise DataError(f"{path} unpacks to {len(entries):,} files and {size:,} bytes; that is no model of QLOP's.")
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        raise DataError(f"{path} names a file twice; it is not unpacked.")
    for entry in entries:
        if not _stays_inside(entry):
            raise DataError(f"{path} holds the entry {entry.filename!r}, which may not be unpacked.")
    return entries


def _stays_inside(entry: ZipInfo) -> bool:
    name = entry.filename
    pure = PurePosixPath(name)
    is_clean = name != "" and str(pure) == name and "\\" not in name and ":" not in name
    is_regular = (entry.external_attr >> 16) & _FILE_KIND in {0, 0o100000}
    return is_clean and is_regular and not pure.is_absolute() and ".." not in pure.parts
