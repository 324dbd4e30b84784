"""Where a ticker stands among the others of its bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import pandas as pd


class CrossSectionalRank(qlop.FeatureStepPlugin):
    """Rank of a column among the tickers of the same timestamp, from 0 (least) to 1 (most).

    Formula: (rank - 1) / (n - 1), ties getting their average rank, n being the tickers with a value at that timestamp;
    less one half where `centred`. Column: <name>. NaN where the ticker has no value, or fewer than `min_assets` have
    one. The column may be the panel's or an earlier step's.
    """

    name = "cross_sectional_rank"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `cross_sectional_rank`."""

        column: str = Field(
            min_length=1, max_length=200, description="Column to rank: the panel's or an earlier step's."
        )
        min_assets: int = Field(default=2, ge=2, le=100_000, description="Tickers that must have a value.")
        centred: bool = Field(default=False, description="Whether ranks go from -0.5 to 0.5 instead.")

    params: Params

    @property
    def input_columns(self) -> tuple[str, ...]:
        """The column that is ranked."""
        return (self.params.column,)

    @property
    def compares_tickers(self) -> bool:
        """Yes."""
        return True

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return one column.

        Raises
        ------
        DataError
            If there is no such column.
        """
        import numpy as np
        import pandas as pd
        from qlop.engine import own_bars

        column = self.params.column
        if column not in data:
            raise qlop.DataError(
                f"Feature step {self.name!r} ranks column {column!r}, which is not there; the panel and earlier steps "
                f"give {', '.join(map(str, data.columns))}. Name one of them, or move the step behind the one it needs."
            )
        bars = own_bars(data)
        asset = bars.cell % bars.shape[1]
        by_timestamp = np.full((len(bars.timestamps), bars.shape[1]), np.nan)
        by_timestamp[bars.row_timestamp, asset] = data[column].to_numpy(dtype=np.float64)
        count = np.sum(~np.isnan(by_timestamp), axis=1, keepdims=True)
        ranks = pd.DataFrame(by_timestamp).rank(axis=1, method="average").to_numpy()
        enough = count >= self.params.min_assets
        scaled = (ranks - 1.0) / np.where(enough, count - 1.0, np.nan) - (0.5 if self.params.centred else 0.0)
        return pd.DataFrame({self.name: scaled[bars.row_timestamp, asset]}, index=data.index)
