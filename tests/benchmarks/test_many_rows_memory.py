"""Ten million rows from each source: the processor's seconds, the peak of memory, and what pandas and DuckDB take to read the same alone.

A source's panel is checked, adjusted and fingerprinted as every run's is. Each measurement has a process of its own. The bound is the panel's
own bytes, as the source holds them, one and a half times, and 300 MB for Python, its libraries and the blocks in which rows are read. Folders
of CSV files and SQLite have fewer rows, by the same bound for each row: writing them, and what their peers take, would be most of the wait.

Whole runs follow: features, label, walk-forward training, predictions, their scores and files; then the backtest of these predictions.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import TableLine

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests" / "reliability" / "many_rows.py"

TIMES_THE_PANEL, BESIDES_MB = 1.5, 300
BYTES_A_ROW = 60
"""Of the panel as these sources hold it: open, high, low, close, volume, dividend, split, and 4 of the index."""

TRAINING_MB = 3_100
"""For each of 10,000,000 rows 44 bytes of the panel, 26 of its label, 36 of predictions (72 for half of them), 64 of the rows that the final model
is given (5 features, target, end, weight), 13 of where labels live, and 80 of what a model makes of its rows; and 470 MB of Python and libraries."""
BACKTEST_MB = 3_200
"""44 bytes of the panel and 22 of the half that is traded, 36 of predictions, 56 of wide prices (7 arrays), 16 of where rows lie in them, 48 of what
is predicted, wanted and shared (6 arrays), 40 of what is made on the way; and 580 MB of Python, compiled kernels, libraries and what they keep."""

DAILY = (2_000, 5_000, "1980-01-01", "1d")
FEWER_DAYS = (2_000, 1_250, "1980-01-01", "1d")
MINUTES = (100, 100_000, "2015-01-05T14:30", "1m")

PEERS = {
    "pandas.read_parquet": "import pandas as pd\nframe = pd.read_parquet(sys.argv[1])",
    "pandas.read_csv": "import pandas as pd\nframe = pd.read_csv(sys.argv[1])",
    "pandas.read_csv of each": (
        "import pandas as pd, pathlib\n"
        "frame = pd.concat([pd.read_csv(path) for path in sorted(pathlib.Path(sys.argv[1]).iterdir())])"
    ),
    "DuckDB to pandas": (
        "import duckdb\nduckdb.sql('set enable_progress_bar = false')\nframe = duckdb.sql(f\"select * from read_parquet('{sys.argv[1]}') order by date, ticker\").df()"
    ),
    "pandas.read_sql": (
        "import pandas as pd, sqlite3\nframe = pd.read_sql('select * from bars', sqlite3.connect(sys.argv[1]))"
    ),
}
MEASURE = """
import json, re, sys, time
{work}
peak = 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
print(json.dumps({{"n_rows": len(frame), "peak_bytes": peak, "processor_s": time.process_time()}}))
"""

CASES = [
    pytest.param("files", "parquet", DAILY, "pandas.read_parquet", id="one Parquet file"),
    pytest.param("files", "parquet", MINUTES, "pandas.read_parquet", id="one Parquet file of minutes"),
    pytest.param("files", "csv", DAILY, "pandas.read_csv", id="one CSV file"),
    pytest.param("files", "csv_folder", FEWER_DAYS, "pandas.read_csv of each", id="2,000 CSV files"),
    pytest.param("parquet_lake", "parquet", DAILY, "DuckDB to pandas", id="lake"),
    pytest.param("sql", "sqlite", FEWER_DAYS, "pandas.read_sql", id="SQLite"),
]


def told(*command: object) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, *map(str, command)], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory):
    """`written(form, n_tickers, n_bars, first)`: the path of such bars, written once."""
    folder, known = tmp_path_factory.mktemp("bars"), {}

    def path_of(form: str, n_tickers: int, n_bars: int, first: str) -> Path:
        key = (form, n_tickers, n_bars)
        if key not in known:
            known[key] = folder / f"{n_tickers}x{n_bars}.{form}"
            subprocess.run(
                [sys.executable, SCRIPT, "write", form, str(n_tickers), str(n_bars), known[key], first], check=True
            )
        return known[key]

    return path_of


def judge(table_line: TableLine, shown: str, ours: dict[str, float], most_mb: float, peer) -> None:
    name, theirs = peer
    peak_mb = ours["peak_bytes"] / 1e6
    table_line(f"{shown}: processor time", ours["processor_s"], "", peer=theirs and (name, theirs["processor_s"]))
    table_line(
        f"{shown}: peak of memory, {peak_mb * 1e6 / ours['panel_bytes']:.2f} times the panel's {ours['panel_bytes'] / 1e6:,.0f} MB",
        peak_mb, f"{most_mb:,.0f} MB", peer=theirs and (name, theirs["peak_bytes"] / 1e6), unit="MB",
    )  # fmt: skip
    assert peak_mb <= most_mb


@pytest.mark.parametrize(("name", "form", "size", "peer"), CASES)
def test_ten_million_rows(name, form, size, peer, written, table_line: TableLine, request) -> None:
    n_tickers, n_bars, first, interval = size
    path = written(form, n_tickers, n_bars, first)
    params = {"sqlite_file": str(path), "table": "bars"} if name == "sql" else {"path": str(path)}
    ours = told(SCRIPT, "load", name, json.dumps({**params, "no_corporate_actions": True}), interval)
    theirs = told("-c", MEASURE.format(work=PEERS[peer]), path)
    assert theirs["n_rows"] == ours["n_rows"] == n_tickers * n_bars
    most_mb = TIMES_THE_PANEL * BYTES_A_ROW * ours["n_rows"] / 1e6 + BESIDES_MB
    judge(table_line, f"{ours['n_rows']:,} rows from {request.node.callspec.id}", ours, most_mb, (peer, theirs))


def test_ten_million_simulated_rows(table_line: TableLine) -> None:
    ours = told(SCRIPT, "load", "synthetic", json.dumps({"n_tickers": 1_917}), "1d")
    most_mb = TIMES_THE_PANEL * (BYTES_A_ROW + 8) * ours["n_rows"] / 1e6 + BESIDES_MB
    assert ours["n_rows"] > 9_900_000
    judge(table_line, "10,000,000 simulated rows", ours, most_mb, ("", None))


FEATURES = [
    {"name": "momentum", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [20, 120]}},
    {"name": "volatility", "feature_step_type": "realized_volatility", "feature_step_params": {"windows_bars": [60]}},
    {"name": "rsi", "feature_step_type": "rsi"},
    {"name": "volume", "feature_step_type": "volume_z_score"},
]
MODELS = {
    "linear": {"model_type": "linear"},
    "xgboost": {"model_type": "xgboost", "model_params": {"n_estimators": 20}},
}


def of_run(path: Path) -> dict[str, object]:
    params = {"path": str(path), "no_corporate_actions": True}
    return {
        "data": {"data_source_type": "files", "data_source_params": params, "interval": MINUTES[3]},
        "broker": {"broker_type": "flat", "broker_params": {"base_rate_annual": 0.03}},
    }


def made(table_line: TableLine, shown: str, mode: str, config: dict[str, object], home: Path, most_mb: float) -> str:
    """Make a run, judge what it took, and return its number."""
    file = home / f"{mode}.json"
    file.write_text(json.dumps({"mode": mode, **config}), encoding="utf-8")
    found = told(SCRIPT, "run", mode, file, home)
    assert found["error"] is None
    peak_mb = found["peak_bytes"] / 1e6
    table_line(f"{shown}: processor time", found["processor_s"], "")
    table_line(f"{shown}: peak of memory", peak_mb, f"{most_mb:,.0f} MB", unit="MB")
    assert peak_mb <= most_mb
    return str(found["run_id"])


@pytest.mark.parametrize("model", MODELS)
def test_a_whole_training_on_ten_million_rows_and_its_backtest(model, written, table_line: TableLine, tmp_path) -> None:
    n_tickers, n_bars, first, _ = MINUTES
    read = of_run(written("parquet", n_tickers, n_bars, first))
    learned = {
        "features": FEATURES,
        "label": {"labeler_type": "leverage_opportunity", "labeler_params": {"leverage": 1.5}},
        "model": MODELS[model],
        "splits": {"train_bars": n_bars // 2, "test_bars": n_bars // 4},
    }
    trained = made(
        table_line, f"10,000,000 rows trained on, {model}", "train", {**read, **learned}, tmp_path, TRAINING_MB
    )
    rule = {
        "strategy": {"strategy_type": "threshold", "strategy_params": {"enter_long": 0.5}},
        "backtest": {"predictions_run": trained},
    }
    made(table_line, f"10,000,000 rows backtested, {model}", "backtest", {**read, **rule}, tmp_path, BACKTEST_MB)
