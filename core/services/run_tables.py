"""Runs as tables: the list, the figures of one run side by side, and its curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.base.errors import StoreError
from core.services.runs import RunRow, find_run
from core.store.containment import contained_path
from core.store.run_folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd

    from core.services.workbench import Workbench

__all__ = ["figure_table", "read_equity_curves", "run_table"]

STRATEGY = "strategy"
BENCHMARK = "benchmark"
LIST_FIGURES = ("sharpe", "cagr", "max_drawdown", "auc")

_TEXTS = ("run_id", "state", "title", "mode", "strategy", "model")
_CURVE_COLUMNS = ("curve", "role", "timestamp", "equity", "drawdown")


def run_table(rows: Sequence[RunRow]) -> pd.DataFrame:
    """Return runs as a table, in the order of `rows`.

    Returns
    -------
    DataFrame of shape (n_runs, 12)
        run_id, state, title, mode, strategy, model as text (empty where there is none); started_at in UTC, NaT before
        the start; duration_s, NaN before the end; sharpe, cagr, max_drawdown, auc as fractions, NaN where undefined.
    """
    import pandas as pd

    table = pd.DataFrame([_row(row) for row in rows], columns=[*_TEXTS, "started_at", "duration_s", *LIST_FIGURES])
    types: dict[str, str] = dict.fromkeys(_TEXTS, "str") | dict.fromkeys(("duration_s", *LIST_FIGURES), "float64")
    return table.astype({**types, "started_at": "datetime64[us, UTC]"})


def figure_table(workbench: Workbench, named: str) -> pd.DataFrame:
    """Return a run's figures: one row a figure, one column for the strategy, each baseline and the benchmark.

    Returns
    -------
    DataFrame of shape (n_figures, n_curves)
        Index: the figure's name, as in metrics.json. Columns: "strategy", the baselines in the config's order,
        "benchmark", of those that have figures. Fractions, currency and counts as float64; NaN where undefined.

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
    filled = {name: found for name, found in columns.items() if found}
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

    folder = RunFolder.open(workbench.home, find_run(workbench, named))
    paths = folder.announced()
    frames = []
    if "equity" in paths:
        equity = _read_table(folder, paths["equity"].path, ("timestamp", "equity"))
        frames.append(equity.assign(curve=STRATEGY))
    if "baselines" in paths:
        others = _read_table(folder, paths["baselines"].path, ("strategy", "timestamp", "equity"))
        frames.append(others.rename(columns={"strategy": "curve"}))
    if not frames:
        return pd.DataFrame(columns=list(_CURVE_COLUMNS))
    return _with_drawdown(pd.concat(frames, ignore_index=True), _initial_cash(folder))


def _row(row: RunRow) -> dict[str, object]:
    record = row.record
    begun, ended = record.started_at, record.finished_at
    return {
        "run_id": record.run_id,
        "state": row.state,
        "title": record.title,
        "mode": record.mode,
        "strategy": _text(record.config_summary.get("strategy")),
        "model": _text(record.config_summary.get("model")),
        "started_at": begun,
        "duration_s": (ended - begun).total_seconds() if begun and ended else None,
        **{name: _number(record.metrics.get(name)) for name in LIST_FIGURES},
    }


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _read_table(folder: RunFolder, relative: str, columns: Sequence[str]) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa

    path = contained_path(folder.path, relative)
    try:
        return pd.read_parquet(path, columns=list(columns))
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        wanted = ", ".join(columns)
        raise StoreError(
            f"{path} cannot be read as a table with the columns {wanted}: {error}. "
            f"Run it again with: qlop runs rerun {folder.run_id}"
        ) from error


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
