"""Loading and checking a panel of 504 tickers and 2.4 million rows from one Parquet file, beside pandas reading it.

Ours does more: it checks every cell and bar, arranges the rows, adjusts for splits and dividends, looks for gaps and splits, and takes
the fingerprint. The panel is simulated here, in the form that vendors deliver: ticker after ticker, tickers as categories, prices as
float32. Each measurement has a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from plugins.data_sources.synthetic import Synthetic

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from conftest import TableLine

SECONDS, MEGABYTES = 1.5, 1_200
ROUNDS = 5
N_TICKERS, N_ROWS = 504, 2_402_891
SHOWN = f"{N_TICKERS} tickers, {N_ROWS:,} rows"

LOAD = """
from core.config.sections import LoadDataConfig
from core.engine.load import load_panel
from plugins.data_sources.files import Files

source = Files("files", Files.Params(path=sys.argv[1]))
def work():
    return len(load_panel(source, LoadDataConfig(data_source_type="files")).panel)
"""
READ = """
import pandas as pd

def work():
    return len(pd.read_{form}(sys.argv[1]))
"""
MEASURE = """
import json, re, time

seconds = []
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    n_rows = work()
    seconds.append(time.perf_counter() - start)
# Not getrusage: its peak is inherited from the process that started this one.
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) / 1024
print(json.dumps({"seconds": min(seconds), "megabytes": peak, "n_rows": n_rows}))
"""


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    """Raw bars with splits, dividends and an adjusted close; 104 of the tickers begin later."""
    params = Synthetic.Params(
        n_tickers=N_TICKERS,
        first_session="1999-11-01",
        last_session="2021-04-21",
        dividend_yield_annual=0.02,
        split_above=200.0,
    )
    panel = Synthetic("synthetic", params).load_data(None, None, None, "1d")
    grown = panel["split"] * (panel["close"] + panel["dividend"]) / panel["close"].groupby(level="ticker").shift()
    panel["adj_close"] = grown.fillna(1.0).groupby(level="ticker").cumprod()
    rows = panel.drop(columns="risk_free_rate_annual").reset_index().rename(columns={"timestamp": "date"})
    rows = rows.sort_values(["ticker", "date"], ignore_index=True)
    surplus = len(rows) - N_ROWS
    later = rows["ticker"].isin(sorted(rows["ticker"].unique())[-104:])
    rows = rows.drop(index=_first_of_each(rows[later], surplus))
    narrow = dict.fromkeys(("open", "high", "low", "close", "dividend", "split"), "float32")
    rows["date"] = rows["date"].dt.tz_localize(None)
    return rows.astype({**narrow, "volume": "int64", "ticker": "category"})


def _first_of_each(rows: pd.DataFrame, n_rows: int) -> np.ndarray:
    """Return the index of the first rows of tickers, as many as asked for in all."""
    numbers = rows.groupby("ticker").cumcount().sort_values(kind="stable")
    return numbers.index[:n_rows].to_numpy()


@pytest.fixture(scope="module")
def parquet_file(bars: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("panel") / "bars.parquet"
    bars.to_parquet(path, index=False)
    return path


@pytest.fixture(scope="module")
def csv_file(bars: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("panel") / "bars.csv"
    bars[bars["ticker"].isin(sorted(bars["ticker"].unique())[:50])].to_csv(path, index=False)
    return path


def measured(work: str, path: Path, rounds: int = ROUNDS) -> dict[str, float]:
    code = f"import sys\n{work}\n{MEASURE}"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(rounds)], capture_output=True, text=True, check=True
    )
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_loading_and_checking_a_large_panel(parquet_file: Path, table_line: TableLine) -> None:
    ours, peer = measured(LOAD, parquet_file), measured(READ.format(form="parquet"), parquet_file)
    table_line(
        f"load, check, adjust, fingerprint: {SHOWN}", ours["seconds"], f"{SECONDS} s",
        peer=("pandas.read_parquet alone", peer["seconds"]),
    )  # fmt: skip
    assert ours["n_rows"] == peer["n_rows"] == N_ROWS
    assert ours["seconds"] <= SECONDS


def test_the_memory_that_loading_a_large_panel_takes(parquet_file: Path, table_line: TableLine) -> None:
    ours, peer = measured(LOAD, parquet_file, 1), measured(READ.format(form="parquet"), parquet_file, 1)
    table_line(
        "its peak of memory, Python and libraries included", ours["megabytes"], f"{MEGABYTES:,} MB",
        peer=("pandas.read_parquet alone", peer["megabytes"]), unit="MB",
    )  # fmt: skip
    assert ours["megabytes"] <= MEGABYTES


def test_loading_a_csv_of_fifty_tickers(csv_file: Path, table_line: TableLine) -> None:
    ours, peer = measured(LOAD, csv_file, 2), measured(READ.format(form="csv"), csv_file, 2)
    rows = f"{int(ours['n_rows']):,} rows"
    table_line(f"the same from CSV, {rows}", ours["seconds"], "", peer=("pandas.read_csv alone", peer["seconds"]))
    assert ours["n_rows"] == peer["n_rows"]
