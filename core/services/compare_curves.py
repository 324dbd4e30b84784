"""The equity of several runs on one axis of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.services.run_files import open_run_files

if TYPE_CHECKING:
    import pandas as pd

    from core.services.workbench import Workbench

__all__ = ["compared_curves"]


def compared_curves(workbench: Workbench, named: Sequence[str], *, is_normalised: bool) -> pd.DataFrame:
    """Return the equity of the runs that have backtested something.

    Parameters
    ----------
    workbench : Workbench
        Whose runs.
    named : sequence of str
        The runs.
    is_normalised : bool
        Whether each curve is divided by its own first value, so that all of them begin at 1.

    Returns
    -------
    DataFrame of shape (n_runs * n_bars, 3)
        run_id (the whole id), timestamp (UTC, the bar's close), equity (in currency, or as a multiple of its first
        value); runs in the order asked for, without those that have no equity.

    Raises
    ------
    RunError
        If there is no such run.
    StoreError
        If a run's files cannot be read.
    """
    import pandas as pd

    frames = []
    for name in named:
        run = open_run_files(workbench, name)
        equity = run.table("equity", ("timestamp", "equity"))
        if equity is not None and not equity.empty:
            frames.append(equity.assign(run_id=run.folder.run_id))
    if not frames:
        return pd.DataFrame(columns=["run_id", "timestamp", "equity"])
    curves = pd.concat(frames, ignore_index=True)[["run_id", "timestamp", "equity"]]
    if is_normalised:
        curves["equity"] /= curves.groupby("run_id", sort=False)["equity"].transform("first")
    return curves
