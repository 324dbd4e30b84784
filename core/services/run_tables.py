"""One run as tables: its figures side by side, and its curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.base.yearly_figures import YEARLY_FIGURES, too_few_bars
from core.services.run_files import open_run_files
from core.services.runs import find_run
from core.store.run_folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd

    from core.services.workbench import Workbench

__all__ = ["figure_table", "read_equity_curves"]

STRATEGY = "strategy"
BENCHMARK = "benchmark"

_CURVE_COLUMNS = ("curve", "role", "timestamp", "equity", "drawdown")


def figure_table(workbench: Workbench, named: str) -> pd.DataFrame:
    """Return a run's figures: one row a figure, one column for the strategy, each baseline and the benchmark.

    Returns
    -------
    DataFrame of shape (n_figures, n_curves)
        Index: the figure's name, as in metrics.json. Columns: "strategy", the baselines in the config's order,
        "benchmark", of those that have figures. Fractions, currency and counts as float64; NaN where undefined, and
        where a figure a year is of too few bars (`too_few_bars` of the column tells how many).

    Raises
    ------
    RunError
        If there is no such run.
    StoreError
        If its files cannot be read.
    """
    import pandas as pd

    folder = RunFolder.open(workbench.home, find_run(workbench, named))
    others = [*_baseline_names(folder), BENCHMARK]
    columns: dict[str, dict[str, float | None]] = {name: {} for name in (STRATEGY, *others)}
    for name, value in folder.metrics().items():
        owner, _, figure = name.rpartition(".")
        column, row = (owner, figure) if owner in others else (STRATEGY, name)
        columns[column][row] = float(value) if isinstance(value, (int, float)) else None
    filled = {name: _told(found) for name, found in columns.items() if found}
    rows = list(dict.fromkeys(row for found in filled.values() for row in found))
    return pd.DataFrame({name: pd.Series(found, dtype="float64") for name, found in filled.items()}, index=rows)


def read_equity_curves(workbench: Workbench, named: str) -> pd.DataFrame:
    """Return the curves that a run backtested: the strategy, its baselines and the benchmark.

    Returns
    -------
    DataFrame of shape (n_curves * n_bars, 5)
        curve (its name), role ("strategy", "baseline" or "benchmark"), timestamp (UTC, the bar's close), equity (in
        currency) and drawdown (a fraction from the highest equity so far, 0 or below). Empty where the run
        has backtested nothing, or not yet.

    Raises
    ------
    RunError
        If there is no such run.
    StoreError
        If its files cannot be read, or lie outside its folder.
    """
    import pandas as pd

    files = open_run_files(workbench, named)
    frames = []
    if (equity := files.table("equity", ("timestamp", "equity"))) is not None:
        frames.append(equity.assign(curve=STRATEGY))
    if (others := files.table("baselines", ("strategy", "timestamp", "equity"))) is not None:
        frames.append(others.rename(columns={"strategy": "curve"}))
    if not frames:
        return pd.DataFrame(columns=list(_CURVE_COLUMNS))
    return _with_drawdown(pd.concat(frames, ignore_index=True), _initial_cash(files.folder))


def _told(figures: dict[str, float | None]) -> dict[str, float | None]:
    if too_few_bars(figures) is None:
        return figures
    return {name: None if name in YEARLY_FIGURES else value for name, value in figures.items()}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _with_drawdown(curves: pd.DataFrame, initial_cash: float | None) -> pd.DataFrame:
    from core.engine.drawdown import drawdown_curve

    curves["drawdown"] = curves.groupby("curve", sort=False)["equity"].transform(
        lambda equity: drawdown_curve(equity.to_numpy(), initial_cash or float(equity.iloc[0]))
    )
    roles = {STRATEGY: STRATEGY, BENCHMARK: BENCHMARK}
    curves["role"] = [roles.get(name, "baseline") for name in curves["curve"]]
    return curves[list(_CURVE_COLUMNS)]


def _initial_cash(folder: RunFolder) -> float | None:
    execution = folder.config().get("execution")
    return _number(execution.get("initial_cash")) if isinstance(execution, Mapping) else None


def _baseline_names(folder: RunFolder) -> list[str]:
    backtest = folder.config().get("backtest")
    baselines = backtest.get("baselines") if isinstance(backtest, Mapping) else None
    return list(baselines) if isinstance(baselines, Mapping) else []
