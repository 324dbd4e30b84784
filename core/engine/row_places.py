"""Where rows came from, by file and number: rows that follow each other in a file are kept as one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RowPlaces"]


class RowPlaces:
    """Remembers, for rows that are put one behind the other, a file's number and a row's number each."""

    def __init__(self) -> None:
        self._n_rows = 0
        self._starts: list[NDArray[np.int64]] = []
        self._files: list[NDArray[np.int32]] = []
        self._numbers: list[NDArray[np.int64]] = []

    def __len__(self) -> int:
        return self._n_rows

    def add(self, files: NDArray[np.integer] | int, numbers: NDArray[np.integer]) -> None:
        """Put rows at the end.

        Parameters
        ----------
        files : ndarray of shape (n_rows,) or int
            The number of each row's file, or that of all.
        numbers : ndarray of shape (n_rows,)
            Which row of its file each one is.
        """
        if not len(numbers):
            return
        of_file = np.broadcast_to(np.asarray(files, dtype=np.int32), numbers.shape)
        goes_on = (np.diff(numbers) == 1) & (of_file[1:] == of_file[:-1])
        starts = np.append(0, np.flatnonzero(~goes_on) + 1)
        self._starts.append(starts + self._n_rows)
        self._files.append(of_file[starts])
        self._numbers.append(numbers[starts].astype(np.int64))
        self._n_rows += len(numbers)

    def of(self, row: int) -> tuple[int, int]:
        """Return the file's number and the row's number of the row at a position."""
        part = max(at for at, starts in enumerate(self._starts) if starts[0] <= row)
        run = int(np.searchsorted(self._starts[part], row, side="right")) - 1
        return int(self._files[part][run]), int(self._numbers[part][run] + row - self._starts[part][run])
