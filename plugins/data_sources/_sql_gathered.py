"""The rows that a database's batches have brought so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from qlop.engine import BarRows

    from plugins.data_sources._sql_cells import Batch

__all__ = ["Gathered"]


class Gathered:
    """What the batches so far have brought, and which row of the answer each row is."""

    def __init__(self) -> None:
        from qlop.engine import RowGathering, RowPlaces

        self.padded: set[str] = set()
        self._rows = RowGathering()
        self._places = RowPlaces()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def tickers(self) -> Sequence[str]:
        """The tickers of the rows, in the order in which they came."""
        return self._rows.tickers

    def add(self, batch: Batch, times: pd.DatetimeIndex, values: Mapping[str, NDArray[np.float64]]) -> list[str]:
        """Keep a batch's rows; return the tickers that were not there before."""
        import pandas as pd

        if not len(batch):
            return []
        self._places.add(0, batch.row_numbers)
        return self._rows.add(pd.Categorical(list(batch.its_tickers)), times, values)

    def taken(self, origin: str) -> tuple[BarRows, Callable[[int], str]]:
        """Return the rows, and what says where each stands; none are held afterwards."""
        places = self._places
        return self._rows.taken(), lambda row: f"{origin}, row {places.of(row)[1]} of the answer"
