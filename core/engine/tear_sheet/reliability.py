"""How often what was given a probability came true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["reliability"]


def reliability(probability: NDArray[np.float64], happened: NDArray[np.float64], *, n_bins: int = 10) -> pd.DataFrame:
    """Return a reliability table: rows sorted by probability, in bins of about as many rows each.

    Equal probabilities stand in one bin, so there may be fewer bins than asked for.

    Parameters
    ----------
    probability, happened : ndarray of shape (n_rows,)
        What was predicted, and 1 where it came true, else 0. Rows with a NaN in either are left out.

    Returns
    -------
    DataFrame of shape (n_bins, 4)
        probability (mean of the bin), observed (share that came true), n_rows, standard_error of the share,
        sqrt(observed (1 - observed) / n_rows), as if rows were independent.
    """
    import pandas as pd

    rows = pd.DataFrame({"probability": probability, "observed": happened}).dropna()
    edges = np.unique(np.quantile(rows["probability"], np.linspace(0.0, 1.0, n_bins + 1))) if len(rows) else np.zeros(1)
    place = np.searchsorted(edges[1:-1], rows["probability"], side="right")
    groups = rows.groupby(place)
    table = groups.mean().assign(n_rows=groups.size())
    table["standard_error"] = np.sqrt(table["observed"] * (1.0 - table["observed"]) / table["n_rows"])
    return table[["probability", "observed", "n_rows", "standard_error"]].reset_index(drop=True)
