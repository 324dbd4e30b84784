"""The relay of a home as a process: which one lives, and how one is started on first need.

A living relay is announced in `<home>/relay/relay.json`: its address and its process. The file is written once the
relay listens, and counts for as long as that process lives.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from core.base.errors import RelayError, StoreError
from core.services.ports import is_port_free
from core.store.atomic import staged_file
from core.store.home import STORE_URL_VARIABLE, Home
from core.store.json_form import json_text
from core.store.process_mark import RUN_ID_VARIABLE
from core.store.process_record import ProcessRecord, describe_process, is_alive
from core.store.run_lock import RunLock

__all__ = ["RelayRecord", "announced_relay", "living_relay", "relay_folder", "start_relay", "try_start_lock"]

_WAIT_S = 20.0
_LOOK_EVERY_S = 0.02
_STOPS_WHEN_IDLE_S = 600
_LOG_FILE = "relay.log"
_SHOWN_OF_LOG = 2000


@dataclass(frozen=True)
class RelayRecord:
    """A relay that listens: where, and which process it is."""

    url: str
    process: ProcessRecord


def relay_folder(home: Home) -> Path:
    """Return the folder of the home's relay; nothing is made."""
    return home.path / "relay"


@contextmanager
def announced_relay(home: Home, url: str) -> Iterator[None]:
    """Announce that this process is the home's relay and listens at `url`, while the block lasts.

    Raises
    ------
    StoreError
        If the home cannot be written to.
    """
    path = relay_folder(home.create()) / "relay.json"
    path.parent.mkdir(exist_ok=True)
    with staged_file(path) as temporary:
        # For its owner alone from the first moment: it has its final name once it is whole.
        temporary.touch(mode=0o600)
        temporary.write_text(json_text({"url": url, "process": describe_process().to_json()}), encoding="utf-8")
    try:
        yield
    finally:
        record = _read(path)
        if record is not None and record.process.pid == os.getpid():
            path.unlink(missing_ok=True)


def living_relay(home: Home) -> RelayRecord | None:
    """Return the relay that lives, None where there is none."""
    record = _read(relay_folder(home) / "relay.json")
    return record if record is not None and is_alive(record.process) else None


def start_relay(home: Home, program: tuple[str, ...], default_port: int) -> RelayRecord:
    """Return the home's living relay; where there is none, start one that outlives this process, once.

    Of many callers at once, in many processes, one starts it and the others wait. It stops by itself when nobody has
    needed it for ten minutes. Where the default port is taken, it listens on a free one.

    Parameters
    ----------
    home : Home
        Whose relay.
    program : tuple of str
        How to call the command line.
    default_port : int
        The port to prefer.

    Raises
    ------
    RelayError
        If it cannot be started, or does not listen in time; the message holds the end of its log.
    HomeError, StoreError
        If the home cannot be written to.
    """
    deadline = time.monotonic() + _WAIT_S
    # Whoever holds the lock starts the relay; `qlop ui` holds it for as long as it keeps one alive.
    while (lock := try_start_lock(home)) is None:
        if (found := living_relay(home)) is not None:
            return found
        if time.monotonic() >= deadline:
            raise RelayError(f"Another process is starting a relay for {home.path}, for {_WAIT_S:g} s now. Try again.")
        time.sleep(_LOOK_EVERY_S)
    with lock:
        port = default_port if is_port_free("127.0.0.1", default_port) else 0
        return living_relay(home) or _wait_for(home, _spawn(home, program, port), deadline)


def try_start_lock(home: Home) -> RunLock | None:
    """Return the lock under which the home's relay is started, None while somebody else holds it."""
    folder = relay_folder(home.create())
    folder.mkdir(exist_ok=True)
    return RunLock.try_take(folder / "start.lock")


def _spawn(home: Home, program: tuple[str, ...], port: int) -> subprocess.Popen[bytes]:
    command = [*program, "relay", "--home", str(home.path), "--port", str(port)]
    command += ["--stop-when-idle-s", str(_STOPS_WHEN_IDLE_S)]
    try:
        with (relay_folder(home) / _LOG_FILE).open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - a list of arguments, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(home, os.environ),
                start_new_session=True,
            )
    except OSError as error:
        raise RelayError(f"{command[0]} cannot be started: {error.strerror or error}.") from error
    # Somebody has to read the exit code of a child, or it stays a zombie for as long as this process lives.
    Thread(target=process.wait, name=f"reaper of {process.pid}", daemon=True).start()
    return process


def _environment(home: Home, environment: Mapping[str, str]) -> dict[str, str]:
    # A relay that a run's process starts is no part of that run: cancelling the run must not end it.
    kept = {name: value for name, value in environment.items() if name != RUN_ID_VARIABLE}
    return kept if home.database_url is None else {**kept, STORE_URL_VARIABLE: home.database_url}


def _wait_for(home: Home, process: subprocess.Popen[bytes], deadline: float) -> RelayRecord:
    while time.monotonic() < deadline:
        record = living_relay(home)
        if record is not None:
            return record
        if process.returncode is not None:
            raise RelayError(f"The relay ended with {process.returncode} at its start. {_log_end(home)}")
        time.sleep(_LOOK_EVERY_S)
    raise RelayError(f"The relay does not listen after {_WAIT_S:g} s. {_log_end(home)}")


def _log_end(home: Home) -> str:
    path = relay_folder(home) / _LOG_FILE
    text = path.read_text(encoding="utf-8", errors="replace").strip() if path.exists() else ""
    return f"It said: {text[-_SHOWN_OF_LOG:]}" if text else "It said nothing."


def _read(path: Path) -> RelayRecord | None:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return RelayRecord(str(raw["url"]), ProcessRecord.from_json(raw["process"]))
    except (OSError, ValueError, TypeError, KeyError, StoreError):
        # Not there, or written by something else: then no relay is announced.
        return None
