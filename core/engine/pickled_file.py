"""Files that run code when they are read, known by their names and first bytes."""

from __future__ import annotations

from pathlib import Path

__all__ = ["has_pickles_name", "is_pickled", "pickled_content"]

_SUFFIXES = frozenset({".ckpt", ".dill", ".joblib", ".pickle", ".pkl", ".pt", ".pth"})
_ARCHIVE = b"PK\x03\x04"
_ARCHIVES_OF_OTHERS = frozenset({".skops", ".zip"})
_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_HEADER_AT = 8


def is_pickled(path: Path) -> bool:
    """Return whether a file bears a pickle's name, or begins as one, or as an archive of torch.save.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    if has_pickles_name(path):
        return True
    with path.open("rb") as file:
        start = file.read(_HEADER_AT + 1)
    if start.startswith(_ARCHIVE):
        return path.suffix.lower() not in _ARCHIVES_OF_OTHERS
    return _begins_as_pickled(start, path.stat().st_size)


def has_pickles_name(path: Path) -> bool:
    """Return whether a file's name ends as those of pickles and of torch.save do."""
    return path.suffix.lower() in _SUFFIXES


def pickled_content(content: bytes) -> bool:
    """Return whether bytes begin as a pickle (protocol 2 and later) or as an archive of torch.save."""
    return content.startswith(_ARCHIVE) or _begins_as_pickled(content, len(content))


def _begins_as_pickled(start: bytes, n_bytes: int) -> bool:
    return start.startswith(_STARTS) and not _begins_as_safetensors(start, n_bytes)


def _begins_as_safetensors(start: bytes, n_bytes: int) -> bool:
    """Return whether bytes begin with a length and a JSON object that long: a length of 640 looks as a pickle does."""
    header_bytes = int.from_bytes(start[:_HEADER_AT], "little")
    return start[_HEADER_AT : _HEADER_AT + 1] == b"{" and _HEADER_AT + header_bytes <= n_bytes
