"""Which files a path, a folder or a pattern names, and which ticker a file's name is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import qlop

__all__ = ["files_at", "stem"]

_SUFFIXES = (".csv", ".csv.gz", ".parquet", ".pq")


def files_at(path: str, tickers: Sequence[str] | None) -> list[Path]:
    """Return the files that may hold the tickers (None: all of them), sorted by name.

    Raises
    ------
    DataError
        If there is none, or two that bear the name of a ticker that is asked for.
    """
    place = Path(path).expanduser()
    if place.is_file():
        return [place]
    if place.is_dir():
        found = sorted(file for file in place.iterdir() if file.is_file() and file.name.lower().endswith(_SUFFIXES))
        lacking = f"the folder {place.resolve()} holds no {', '.join(_SUFFIXES)} file"
    else:
        anchor = Path(place.anchor) if place.anchor else Path()
        pattern = str(place.relative_to(place.anchor) if place.anchor else place)
        found = sorted(file for file in anchor.glob(pattern) if file.is_file()) if set("*?[") & set(path) else []
        lacking = f"there is no file {place} in {Path.cwd()}" if not place.anchor else f"there is no file {place}"
    if not found:
        raise qlop.DataError(f"data_source_params.path is {path!r}, and {lacking}. Correct the path.")
    named = {ticker: [file for file in found if stem(file) == ticker] for ticker in tickers or ()}
    for ticker, files in named.items():
        if len(files) > 1:
            raise qlop.DataError(
                f"data_source_params.path is {path!r}, where {files[0].name} and {files[1].name} are both named after "
                f"the ticker {ticker!r}; one file may be. Remove one, or name the other by a pattern such as *.csv."
            )
    # With a file for every ticker that is asked for, the others need not be read.
    return [files[0] for files in named.values()] if named and all(named.values()) else found


def stem(path: Path) -> str:
    """Return a file's name without what says its form: the ticker, where no column does."""
    name = path.name
    return next((name[: -len(form)] for form in reversed(_SUFFIXES) if name.lower().endswith(form)), path.stem)
