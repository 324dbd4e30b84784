"""A home with many runs, for benchmarks and for looking at: python tests/large_store.py HOME 10000.

The folders are whole enough that lists are true and stay so: `qlop runs reindex` finds what the index has already.
Nothing is put on disk (fsync), so 10,000 runs take seconds.
"""

from __future__ import annotations

import json
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from core.base.events import Event, RunState, StatusPayload
from core.store.database import Database
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.run_record import RunRecord, read_record
from core.store.run_row import row_of
from core.store.schema import runs

NEWEST = datetime(2026, 1, 5, 9, tzinfo=UTC)
MODES = ("pipeline", "backtest", "train", "export")
MODELS = ("xgboost", "linear", "ridge")
STRATEGIES = ("leverage_opportunity", "constant_leverage")
TICKERS = ("AAPL", "IBM", "MSFT", "GOOG")
TAGS = ("baseline", "live", "wide", "look again")
STATES = (*[RunState.COMPLETED] * 17, RunState.FAILED, RunState.CANCELLED, RunState.CRASHED)
ROWS_A_STATEMENT = 500


def make_large_store(home: Home | Path | str, n_runs: int, *, seed: int = 7) -> list[str]:
    """Fill `home` with runs that have ended, each a minute older than the one before; return their ids, newest first."""
    place = (home if isinstance(home, Home) else Home(Path(home))).create()
    chance = random.Random(seed)
    records = [_make_run(place, number, chance) for number in range(n_runs)]
    with_index = Database(place)
    try:
        with with_index.transaction() as connection:
            for start in range(0, n_runs, ROWS_A_STATEMENT):
                rows = [row_of(record) for record in records[start : start + ROWS_A_STATEMENT]]
                connection.execute(runs.insert(), rows)
    finally:
        with_index.close()
    return [record.run_id for record in records]


def _make_run(home: Home, number: int, chance: random.Random) -> RunRecord:
    run_id = str(UUID(int=chance.getrandbits(128), version=4))
    folder = RunFolder(home.run_path(run_id), run_id)
    folder.path.mkdir()
    state = chance.choice(STATES)
    _write(folder, "config.json", _config(number, chance))
    _write(folder, "environment.json", {"qlop": "0.1.0", "data_fingerprint": f"{number % 3:064x}"})
    if state is RunState.COMPLETED:
        _write(folder, "metrics.json", _metrics(chance))
    if chance.random() < 0.3:
        _write(folder, "notes.json", {"tags": [chance.choice(TAGS)], "notes": f"Note on run {number}"})
    started_at = NEWEST - timedelta(minutes=number)
    folder.events_path.write_text(_log(run_id, state, started_at, chance.uniform(1, 90)), encoding="utf-8")
    return read_record(folder, home.home_id)


def _config(number: int, chance: random.Random) -> dict[str, object]:
    return {
        "mode": chance.choice(MODES),
        "title": f"Run {number} of many",
        "seed": number,
        "data": {"data_source_type": "sample", "tickers": chance.sample(TICKERS, 2), "interval": "1d"},
        "model": {"model_type": chance.choice(MODELS)},
        "strategy": {"strategy_type": chance.choice(STRATEGIES)},
    }


def _metrics(chance: random.Random) -> dict[str, float]:
    names = ("sharpe", "cagr", "auc", "brier", "total_return", "volatility_annual", "turnover_annual", "win_rate")
    return {name: chance.gauss(0.5, 0.2) for name in names} | {"max_drawdown": -chance.random()}


def _log(run_id: str, state: RunState, started_at: datetime, took_s: float) -> str:
    error = None if state in {RunState.COMPLETED, RunState.CANCELLED} else "It did not work out."
    begun = StatusPayload(state=RunState.RUNNING, current_status="The run has started.")
    ended = StatusPayload(state=state, current_status=f"The run has ended: {state.value}.", error=error)
    moments = ((1, started_at, begun), (2, started_at + timedelta(seconds=took_s), ended))
    events = [
        Event(task_id=run_id, seq=seq, timestamp_utc=moment, type="status", payload=payload)
        for seq, moment, payload in moments
    ]
    return "".join(f"{event.model_dump_json()}\n" for event in events)


def _write(folder: RunFolder, name: str, value: object) -> None:
    (folder.path / name).write_text(json.dumps(value), encoding="utf-8")


if __name__ == "__main__":
    make_large_store(sys.argv[1], int(sys.argv[2]))
