"""Which files a lake is made of, and what the names of its folders say (`ticker=AAPL`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

import qlop

__all__ = ["files_at", "folder_values", "refuse_nothing_there", "refuse_other_folders"]

_SUFFIXES = (".parquet", ".pq")


def files_at(path: str) -> tuple[Path, list[Path]]:
    """Return the folder that the pattern begins in, and the files that it names.

    Raises
    ------
    DataError
        If there is none, one leads out of the folder, or DuckDB would take its name for a pattern.
    """
    root, pattern = _beginning(path)
    found = sorted(_files(root, pattern))
    _refuse_links_out(root, pattern)
    if not found:
        raise _none(path)
    for file in found:
        if set("*?[") & set(str(file)):
            raise qlop.DataError(f"{file}: DuckDB takes *, ? and [ in a file's name for a pattern. Rename the file.")
        _refuse_outside(file, root)
    return (root.parent if root.is_file() else root), found


def refuse_nothing_there(path: str) -> None:
    """Refuse a path that names no file, without looking at more than the first.

    Raises
    ------
    DataError
        If there is none.
    """
    if next(_files(*_beginning(path)), None) is None:
        raise _none(path)


def _beginning(path: str) -> tuple[Path, str]:
    """Return the folder or the file that a path begins with, and the pattern within it."""
    place = Path(path).expanduser()
    steps = place.parts
    fixed = next((number for number, step in enumerate(steps) if set("*?[") & set(step)), len(steps))
    if fixed == len(steps) and not place.exists():
        raise qlop.DataError(f"data_source_params.path is {path!r}, and there is nothing there. Correct the path.")
    root = Path(*steps[:fixed]) if fixed else Path()
    return root, str(Path(*steps[fixed:])) if fixed < len(steps) else "**/*"


def _files(root: Path, pattern: str) -> Iterator[Path]:
    return iter((root,)) if root.is_file() else (file for file in root.glob(pattern) if _is_data(file, root))


def _none(path: str) -> qlop.DataError:
    return qlop.DataError(
        f"data_source_params.path is {path!r}, and no {' or '.join(_SUFFIXES)} file is there. Correct the path."
    )


def _is_data(file: Path, root: Path) -> bool:
    return file.name.endswith(_SUFFIXES) and not _is_passed_over(file, root) and file.is_file()


def _is_passed_over(place: Path, root: Path) -> bool:
    # Writers leave _SUCCESS, _temporary/ and .crc files beside the data.
    return any(step.startswith(("_", ".")) for step in place.relative_to(root).parts)


def _refuse_links_out(root: Path, pattern: str) -> None:
    """Refuse folders that ** leaves out without a word: links to folders elsewhere."""
    steps = Path(pattern).parts
    if "**" not in steps or not root.is_dir():
        return
    walked = Path(*steps[: len(steps) - steps[::-1].index("**")]) / "*"
    for place in root.glob(str(walked)):
        if place.is_symlink() and place.is_dir() and not _is_passed_over(place, root):
            _refuse_outside(place, root)


def _refuse_outside(place: Path, root: Path) -> None:
    if not place.resolve().is_relative_to(root.resolve()):
        raise qlop.DataError(
            f"{place} leads to {place.resolve()}, outside of {root.resolve()}, where data_source_params.path begins. "
            "Name that folder in the path, or take the link away."
        )


def folder_values(file: Path, root: Path) -> dict[str, str]:
    """Return the keys and values of folders such as ticker=AAPL, as DuckDB finds them in the whole path.

    Raises
    ------
    DataError
        If a folder of the lake has two equal signs, which DuckDB does not take for a key and a value.
    """
    for step in file.relative_to(root).parts[:-1]:
        if step.count("=") > 1:
            raise qlop.DataError(
                f"{file}: the folder {step!r} has more than one equal sign; a folder is KEY=VALUE. Write = in a "
                "value as %3D."
            )
    named = (step.split("=") for step in file.parts[:-1] if step.count("=") == 1)
    return {key: unquote(value) for key, value in named if key}


def refuse_other_folders(folders: Mapping[Path, Mapping[str, str]]) -> None:
    """Refuse a file whose folders name other keys than those of the first."""
    first, keys = next(iter(folders.items()))
    for file, values in folders.items():
        if set(values) != set(keys):
            raise qlop.DataError(
                f"{file}: its folders name {', '.join(values) or 'no keys'}, and those of {first} "
                f"{', '.join(keys) or 'no keys'}; all files of a lake are partitioned alike. Move it, or narrow "
                "the path."
            )
