"""`qlop ui`: the dashboard, and the relay beside it.

1. Refuse a port that is taken.
2. Hold the home's start lock, so that nobody else starts a relay beside the one that is kept alive here.
3. Start dashboard and relay, and look after both until somebody ends them.
4. Once the dashboard answers: start the demo run where that is wished and the home is new, tell the address.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.base.errors import UsageError
from core.services.kept_child import KeptChild, leashed_command
from core.services.ports import check_port_is_free, is_port_free
from core.services.relay_process import living_relay, try_start_lock
from core.services.supervise import Supervisor
from core.store.home import HOME_ORIGIN_VARIABLE, HOME_VARIABLE, Home

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["DashboardPlan", "has_runs", "run_dashboard", "start_demo"]

_LOOPBACK = "127.0.0.1"
_ANSWERS_WITHIN_S = 60.0


@dataclass(frozen=True)
class DashboardPlan:
    """What `qlop ui` is asked for.

    Attributes
    ----------
    port : int
        The dashboard's.
    relay_port : int or None
        The relay's; None prefers the setting relay.port and takes another where that one is taken.
    with_demo : bool
        Whether the demo run is started where the home has no runs yet.
    """

    port: int
    relay_port: int | None = None
    with_demo: bool = False

    @property
    def address(self) -> str:
        """Where the dashboard listens; Streamlit's own variable changes it."""
        return os.environ.get("STREAMLIT_SERVER_ADDRESS", _LOOPBACK)

    @property
    def is_reachable_from_elsewhere(self) -> bool:
        """Whether other machines may reach it."""
        return self.address not in {_LOOPBACK, "localhost", "::1"}

    @property
    def url(self) -> str:
        """What a person types into a browser on this machine."""
        prefix = os.environ.get("STREAMLIT_SERVER_BASE_URL_PATH", "").strip("/")
        host = _LOOPBACK if self.address in {"0.0.0.0", "::"} else self.address  # noqa: S104 - compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/{prefix}".rstrip("/")


def run_dashboard(
    workbench: Workbench, plan: DashboardPlan, *, tell: Callable[[str], None], on_answer: Callable[[], None]
) -> None:
    """Keep dashboard and relay alive until SIGTERM or Ctrl-C.

    Parameters
    ----------
    workbench : Workbench
        Home and settings.
    plan : DashboardPlan
        Ports, demo.
    tell : callable
        Told of a child that died, a sentence each.
    on_answer : callable
        Called from a thread once the dashboard answers.

    Raises
    ------
    UsageError
        If a port is taken that was asked for, or one is asked for twice.
    HomeError, StoreError
        If the home cannot be written to.
    """
    if plan.port == plan.relay_port:
        raise UsageError(f"--port and --relay-port are both {plan.port}; each needs a port of its own.")
    check_port_is_free(plan.address, plan.port, "--port")
    # Watching the source is for those who change it: an upgrade in place must not take modules from under a session.
    unwatched = {"STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none"}
    named = {HOME_VARIABLE: str(workbench.home.path), HOME_ORIGIN_VARIABLE: workbench.home_origin}
    environment = {**unwatched, **os.environ, **named}
    server = leashed_command("core.ui.dashboard_process", "--server.port", str(plan.port))
    children = [KeptChild("dashboard", server, environment)]

    def once_started() -> None:
        if _answers(plan):
            if plan.with_demo and not has_runs(workbench.home):
                start_demo(workbench.home)
            on_answer()

    with _relay(workbench, plan, environment) as relay:
        Supervisor([*relay, *children], tell).run(once_started)


def has_runs(home: Home) -> bool:
    """Return whether the home holds a run, in the trash too."""
    return any(folder.is_dir() and any(folder.iterdir()) for folder in (home.runs_folder, home.trash_folder))


def start_demo(home: Home) -> str:
    """Start the ready config in the background and return the run's id."""
    from core.config.loader import read_config_file
    from core.jobs.start import start_run
    from core.services.ready_configs import ready_config

    return start_run(home, "pipeline", read_config_file(ready_config("leverage_opportunity"))).run_id


@contextmanager
def _relay(workbench: Workbench, plan: DashboardPlan, environment: dict[str, str]) -> Iterator[list[KeptChild]]:
    if workbench.settings.relay.url:
        yield []
        return
    home = workbench.home
    port = _relay_port(workbench, plan)
    lock = try_start_lock(home)
    if lock is None:
        # Another `qlop ui` keeps this home's relay alive.
        yield []
        return
    command = leashed_command("core.cli.main", "relay", "--home", str(home.path), "--port", str(port))
    with lock:
        yield [KeptChild("relay", command, environment, is_needed=lambda: living_relay(home) is None)]


def _relay_port(workbench: Workbench, plan: DashboardPlan) -> int:
    if plan.relay_port is not None:
        check_port_is_free(_LOOPBACK, plan.relay_port, "--relay-port")
        return plan.relay_port
    preferred = workbench.settings.relay.port
    return preferred if is_port_free(_LOOPBACK, preferred) else 0


def _answers(plan: DashboardPlan) -> bool:
    deadline = time.monotonic() + _ANSWERS_WITHIN_S
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection((plan.address, plan.port), timeout=1.0) as connection:
            connection.settimeout(_ANSWERS_WITHIN_S)
            connection.sendall(b"GET /api/health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            if b" 200 " in connection.recv(64).partition(b"\r\n")[0]:
                return True
        time.sleep(0.02)
    return False
