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
        If there is none.
    """
    place = Path(path).expanduser()
    if place.is_file():
        return [place]
    if place.is_dir():
        found = sorted(file for file in place.iterdir() if file.is_file() and file.name.endswith(_SUFFIXES))
        lacking = f"the folder {place.resolve()} holds no {', '.join(_SUFFIXES)} file"
    else:
        anchor = Path(place.anchor) if place.anchor else Path()
        pattern = str(place.relative_to(place.anchor) if place.anchor else place)
        found = sorted(file for file in anchor.glob(pattern) if file.is_file()) if set("*?[") & set(path) else []
        lacking = f"there is no file {place} in {Path.cwd()}" if not place.anchor else f"there is no file {place}"
    if not found:
        raise qlop.DataError(f"data_source_params.path is {path!r}, and {lacking}. Correct the path.")
    by_stem = {stem(file): file for file in found}
    # With a file for every ticker that is asked for, the others need not be read.
    return [by_stem[ticker] for ticker in tickers] if tickers and set(tickers) <= set(by_stem) else found


def stem(path: Path) -> str:
    """Return a file's name without what says its form: the ticker, where no column does."""
    return next(
        (path.name.removesuffix(suffix) for suffix in reversed(_SUFFIXES) if path.name.endswith(suffix)), path.stem
    )
