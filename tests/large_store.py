"""A home with many runs, for benchmarks and for looking at: python tests/large_store.py HOME 10000.

The folders are whole enough that lists are true and stay so: `qlop runs reindex` finds what the index has already.
To be quick about it, nothing is put on disk (fsync), a run's row is made beside its files and not read back from them,
and the tables' indexes are made once the rows are there.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import psycopg
from sqlalchemy import inspect
from sqlalchemy.schema import CreateIndex, DropIndex

from core.base.events import RunState, StatusPayload
from core.store.database import Database
from core.store.event_line import EventLines, payload_text
from core.store.home import Home
from core.store.json_form import Json
from core.store.run_record import RunRecord, config_summary
from core.store.run_row import row_of
from core.store.schema import runs

if TYPE_CHECKING:
    from sqlalchemy import Connection

NEWEST = datetime(2026, 1, 5, 9, tzinfo=UTC)
MODES = ("pipeline", "backtest", "train", "export")
MODELS = ("xgboost", "linear", "ridge")
STRATEGIES = ("leverage_opportunity", "constant_leverage")
TICKERS = ("AAPL", "IBM", "MSFT", "GOOG")
TAGS = ("baseline", "live", "wide", "look again")
STATES = (*[RunState.COMPLETED] * 17, RunState.FAILED, RunState.CANCELLED, RunState.CRASHED)
FIGURES = ("sharpe", "cagr", "auc", "brier", "total_return", "volatility_annual", "turnover_annual", "win_rate")
ROWS_A_STATEMENT = 500


def make_large_store(
    home: Home | Path | str, n_runs: int, *, seed: int = 7, further_index: str | None = None
) -> list[str]:
    """Fill `home` with runs that have ended, each a minute older than the one before; return their ids, newest first.

    `further_index` is the URL of a database that lists the same folders.
    """
    place = (home if isinstance(home, Home) else Home(Path(home))).create()
    indexes = [place, *([Home(place.path, further_index)] if further_index else [])]
    chance, home_id = random.Random(seed), place.home_id
    ids: list[str] = []
    with ExitStack() as stack:
        connections = [stack.enter_context(_filled(index)) for index in indexes]
        for start in range(0, n_runs, ROWS_A_STATEMENT):
            made = [_Run.by_chance(number, chance) for number in range(start, min(start + ROWS_A_STATEMENT, n_runs))]
            rows = [row_of(run.record(home_id, run.write(place))) for run in made]
            for connection in connections:
                insert_rows(connection, rows)
            ids += [run.run_id for run in made]
    return ids


class _Run(NamedTuple):
    """What one run's files say."""

    run_id: str
    number: int
    state: RunState
    config: Mapping[str, Json]
    metrics: Mapping[str, float]
    notes: Mapping[str, Json]
    took_s: float

    @classmethod
    def by_chance(cls, number: int, chance: random.Random) -> _Run:
        run_id = str(UUID(int=chance.getrandbits(128), version=4))
        state, config = chance.choice(STATES), _config(number, chance)
        metrics = _metrics(chance) if state is RunState.COMPLETED else {}
        notes = {"tags": [chance.choice(TAGS)], "notes": f"Note on run {number}"} if chance.random() < 0.3 else {}
        return cls(run_id, number, state, config, metrics, notes, chance.uniform(1, 90))

    @property
    def started_at(self) -> datetime:
        return NEWEST - timedelta(minutes=self.number)

    @property
    def finished_at(self) -> datetime:
        return self.started_at + timedelta(seconds=self.took_s)

    def write(self, home: Home) -> int:
        """Write the run's folder, and return the revision of its notes."""
        folder = home.run_path(self.run_id)
        folder.mkdir()
        _write(f"{folder}/config.json", self.config)
        _write(f"{folder}/environment.json", {"qlop": "0.1.0", "data_fingerprint": f"{self.number % 3:064x}"})
        if self.metrics:
            _write(f"{folder}/metrics.json", self.metrics)
        lines = EventLines(self.run_id)
        moments = ((self.started_at, BEGUN), (self.finished_at, ENDED[self.state]))
        log = [lines.line(seq, moment, *status) for seq, (moment, status) in enumerate(moments, start=1)]
        _write_bytes(f"{folder}/events.jsonl", b"".join(log))
        if not self.notes:
            return 0
        _write(f"{folder}/notes.json", self.notes)
        return (folder / "notes.json").stat().st_mtime_ns

    def record(self, home_id: str, notes_revision: int) -> RunRecord:
        """Return what reading the folder would give."""
        ended, _ = ENDED[self.state]
        return RunRecord(
            run_id=self.run_id,
            home_id=home_id,
            mode=str(self.config["mode"]),
            title=str(self.config["title"]),
            state=self.state,
            current_status=ended.current_status,
            error=ended.error or "",
            created_at=self.started_at,
            started_at=self.started_at,
            finished_at=self.finished_at,
            duration_s=None if self.state is RunState.CRASHED else (self.finished_at - self.started_at).total_seconds(),
            config_summary=config_summary(self.config),
            metrics=self.metrics,
            tags=tuple(self.notes.get("tags", ())),
            notes=str(self.notes.get("notes", "")),
            event_count=2,
            notes_revision=notes_revision,
        )


def _status(payload: StatusPayload) -> tuple[StatusPayload, bytes]:
    return payload, payload_text(payload)


def _ended(state: RunState) -> StatusPayload:
    error = None if state in {RunState.COMPLETED, RunState.CANCELLED} else "It did not work out."
    return StatusPayload(state=state, current_status=f"The run has ended: {state.value}.", error=error)


BEGUN = _status(StatusPayload(state=RunState.RUNNING, current_status="The run has started."))
ENDED = {state: _status(_ended(state)) for state in set(STATES)}


@contextmanager
def _filled(home: Home) -> Iterator[Connection]:
    """Yield a connection to fill the index by, and leave it as a database has it after a while."""
    with closing(Database(home)) as database:
        with database.transaction() as connection:
            here = {found["name"] for found in inspect(connection).get_indexes(runs.name)}
            indexes = sorted((index for index in runs.indexes if index.name in here), key=lambda index: str(index.name))
            for index in indexes:
                connection.execute(DropIndex(index))
            yield connection
            for index in indexes:
                connection.execute(CreateIndex(index))
        if database.file is None:
            # A server does so by itself, within a minute of so many new rows.
            with psycopg.connect(home.store_url, autocommit=True) as server:
                server.execute(f"VACUUM ANALYZE {runs.name}")


def insert_rows(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows of the runs' table, into PostgreSQL by its own quick way."""
    if connection.dialect.name != "postgresql":
        connection.execute(runs.insert(), rows)
        return
    turned = [column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect) for column in runs.c]
    columns = [(column.name, turn or (lambda value: value)) for column, turn in zip(runs.c, turned, strict=True)]
    into = f"COPY {runs.name} ({', '.join(name for name, _ in columns)}) FROM STDIN"
    with connection.connection.driver_connection.cursor().copy(into) as copy:
        for row in rows:
            copy.write_row([turn(row[name]) for name, turn in columns])


def _config(number: int, chance: random.Random) -> dict[str, Json]:
    return {
        "mode": chance.choice(MODES),
        "title": f"Run {number} of many",
        "seed": number,
        "data": {"data_source_type": "sample", "tickers": chance.sample(TICKERS, 2), "interval": "1d"},
        "model": {"model_type": chance.choice(MODELS)},
        "strategy": {"strategy_type": chance.choice(STRATEGIES)},
    }


def _metrics(chance: random.Random) -> dict[str, float]:
    return {name: chance.gauss(0.5, 0.2) for name in FIGURES} | {"max_drawdown": -chance.random()}


def _write(path: str, value: Mapping[str, object]) -> None:
    _write_bytes(path, json.dumps(value).encode())


def _write_bytes(path: str, text: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        os.write(descriptor, text)
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    make_large_store(sys.argv[1], int(sys.argv[2]))
