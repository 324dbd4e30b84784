"""The latest runs at a glance: their key figures, and their equity as a line of a few points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.base.errors import QlopError
from core.services.run_files import RunFiles
from core.services.run_list import RunFilter, run_list
from core.store.run_folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd

    from core.services.workbench import Workbench

__all__ = ["equity_points", "latest_runs"]

_MOST_POINTS = 40


def equity_points(workbench: Workbench, run_id: str) -> tuple[float, ...]:
    """Return at most 40 points of a run's equity, evenly spaced, the first bar and the last among them.

    Empty where the run has backtested nothing, or not yet, or where its file cannot be read: the run's own screen says
    what is wrong with it. The points of a run that has ended never change.
    """
    import numpy as np

    try:
        equity = RunFiles(RunFolder.open(workbench.home, run_id)).table("equity", ("equity",))
    except QlopError:
        return ()
    if equity is None or equity.empty:
        return ()
    positions = np.linspace(0, len(equity) - 1, min(_MOST_POINTS, len(equity))).round().astype(int)
    return tuple(equity["equity"].to_numpy()[positions].tolist())


def latest_runs(
    workbench: Workbench,
    limit: int,
    *,
    points_of: Callable[[Workbench, str], Sequence[float]] = equity_points,
) -> pd.DataFrame:
    """Return the newest runs with a column `equity` of points for a spark line.

    Parameters
    ----------
    workbench : Workbench
        Whose runs.
    limit : int
        At most so many, 1 or more.
    points_of : callable
        Gives the points of a run that has ended; a screen that draws often passes one that remembers.

    Returns
    -------
    DataFrame of shape (n_runs, 28)
        As `run_list` returns it, newest first, and `equity`: a list of points, empty where there are none.

    Raises
    ------
    StoreError
        If the index of runs cannot be used.
    """
    latest = run_list(workbench, RunFilter(), limit=limit)
    has_ended = latest["finished_at"].notna()
    points = [
        list(points_of(workbench, run_id)) if ended else []
        for run_id, ended in zip(latest["run_id"], has_ended, strict=True)
    ]
    latest["equity"] = points
    return latest
