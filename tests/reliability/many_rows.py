"""Run as a process: writes many bars, loads them or makes a whole run of them, and says what memory that took.

Usage: many_rows.py write FORM N_TICKERS N_BARS PATH, or many_rows.py load SOURCE PARAMS_JSON INTERVAL, or many_rows.py run MODE CONFIG_FILE
HOME. Forms: parquet, csv, csv_folder, sqlite. Says one line of JSON: rows, the panel's bytes, the peak of the process's memory, and the
processor's seconds; of a run its exit code, its number, that peak and those seconds.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

TICKERS_AT_ONCE = 20
CLASSES = {"files": "Files", "parquet_lake": "ParquetLake", "sql": "Sql", "synthetic": "Synthetic"}


def bars_of(number: int, n_bars: int, first: str) -> pa.Table:
    """Bars of one ticker: business days from a date on, or minutes from a moment on."""
    random = np.random.default_rng(number)
    close = np.round(50.0 * np.exp(np.cumsum(0.005 * random.standard_normal(n_bars))), 4)
    if "T" in first:
        times = pa.array(
            np.datetime64(first, "us") + np.arange(n_bars) * np.timedelta64(1, "m"), pa.timestamp("us", "UTC")
        )
    else:
        times = pa.array(np.busday_offset(first, np.arange(n_bars), roll="forward"))
    return pa.table(
        {
            "date": times,
            "ticker": [f"T{number:05d}"] * n_bars,
            "open": close,
            "high": close + 0.01,
            "low": close - 0.001,
            "close": close,
            "volume": random.integers(1_000, 1_000_000, n_bars),
        }
    )


def tables(n_tickers: int, n_bars: int, first: str) -> Iterator[pa.Table]:
    """Some tickers at a time, one after the other."""
    for at in range(0, n_tickers, TICKERS_AT_ONCE):
        yield pa.concat_tables(
            bars_of(number, n_bars, first) for number in range(at, min(at + TICKERS_AT_ONCE, n_tickers))
        )


def write(form: str, n_tickers: int, n_bars: int, path: Path, first: str = "1980-01-01") -> None:
    """Write the bars in one of the forms."""
    each = tables(n_tickers, n_bars, first)
    if form == "csv_folder":
        path.mkdir()
        for number in range(n_tickers):
            csv.write_csv(bars_of(number, n_bars, first), path / f"T{number:05d}.csv")
    elif form == "sqlite":
        _write_sqlite(each, path)
    else:
        first_table = next(each)
        make = parquet.ParquetWriter if form == "parquet" else csv.CSVWriter
        with make(path, first_table.schema) as writer:
            writer.write_table(first_table)
            for table in each:
                writer.write_table(table)


def _write_sqlite(each: Iterator[pa.Table], path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create table bars (date, ticker, open, high, low, close, volume)")
        for table in each:
            texts = table.set_column(0, "date", table["date"].cast(pa.string()))
            rows = zip(*(column.to_pylist() for column in texts.columns), strict=True)
            connection.executemany("insert into bars values (?, ?, ?, ?, ?, ?, ?)", rows)
    connection.close()


def load(name: str, params: dict[str, object], interval: str) -> dict[str, float]:
    """Load and check the bars as every run does."""
    from core.config.sections import LoadDataConfig
    from core.engine.load import load_panel

    kind = getattr(import_module(f"plugins.data_sources.{name}"), CLASSES[name])
    source = kind(name, kind.Params(**params))
    start = time.process_time()
    panel = load_panel(source, LoadDataConfig(data_source_type=name, interval=interval)).panel
    return {
        "n_rows": len(panel),
        "panel_bytes": int(panel.memory_usage(index=False).sum()) + sum(codes.nbytes for codes in panel.index.codes),
        "peak_bytes": peak_bytes(),
        "processor_s": time.process_time() - start,
    }


def run(mode: str, config: str, home: str) -> dict[str, object]:
    """Make a whole run, as the command does, in this process."""
    from core.services.run_mode import RunRequest, run_mode
    from core.services.workbench import open_workbench

    outcome = run_mode(open_workbench(home), RunRequest(config_path=Path(config), mode=mode))
    return {
        "error": outcome.error,
        "run_id": outcome.run_id,
        "peak_bytes": peak_bytes(),
        "processor_s": time.process_time(),
    }


def peak_bytes() -> int:
    """What the process held at its most. Not getrusage: that peak is inherited from whoever started the process."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]), *sys.argv[6:])
    elif sys.argv[1] == "run":
        print(json.dumps(run(*sys.argv[2:])))
    else:
        print(json.dumps(load(sys.argv[2], json.loads(sys.argv[3]), sys.argv[4])))
