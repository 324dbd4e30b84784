"""More rows take more memory by what a panel of them holds, and by little besides.

Each load has a process of its own. What Python and its libraries hold, and the blocks in which rows are read, are there for few rows and for
many: the difference of two loads tells what a row takes. It holds 60 bytes before the door (7 columns, 4 bytes of index) and 44 behind it;
what is read twice, or becomes objects, takes 250 and more.
"""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parent / "many_rows.py"
ROOT = Path(__file__).parents[2]
N_BARS = 2_000

MOST_BYTES_A_ROW = 130


@pytest.fixture(scope="module")
def many_rows() -> ModuleType:
    spec = importlib.util.spec_from_file_location("many_rows", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def loaded(name: str, params: dict[str, object]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, SCRIPT, "load", name, json.dumps(params), "1d"], cwd=ROOT, env={"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def bytes_a_row(few: dict[str, float], many: dict[str, float]) -> float:
    assert many["n_rows"] >= 3 * few["n_rows"]
    return (many["peak_bytes"] - few["peak_bytes"]) / (many["n_rows"] - few["n_rows"])


@pytest.mark.parametrize(
    ("name", "form", "n_tickers"),
    [
        ("files", "parquet", (300, 900)),
        ("files", "csv", (300, 900)),
        ("files", "csv_folder", (100, 400)),
        ("parquet_lake", "parquet", (300, 900)),
        ("sql", "sqlite", (100, 400)),
    ],
)
def test_a_row_more_takes_little_more_than_it_holds(
    name: str, form: str, n_tickers: tuple[int, int], many_rows: ModuleType, tmp_path: Path
) -> None:
    found = []
    for number in n_tickers:
        path = tmp_path / f"{number}.{form}"
        many_rows.write(form, number, N_BARS, path)
        params = {"sqlite_file": str(path), "table": "bars"} if name == "sql" else {"path": str(path)}
        found.append(loaded(name, {**params, "no_corporate_actions": True}))
    assert bytes_a_row(*found) <= MOST_BYTES_A_ROW


def test_rows_beyond_the_runs_limit_of_memory_end_it_with_the_reason(many_rows: ModuleType, tmp_path: Path) -> None:
    many_rows.write("csv", 600, N_BARS, tmp_path / "bars.csv")
    data = {"data_source_type": "files", "data_source_params": {"path": "bars.csv", "no_corporate_actions": True}}
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"mode": "inspect_data", "data": data, "limits": {"memory_mb": 220}}))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "core.cli.main", "run", "inspect_data", "--config", config, "--home", tmp_path / "home"],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "MB of memory, and limits.memory_mb allows 220. Allow more, or ask for less" in done.stderr
