"""The relay over a home's runs: what `qlop relay` serves."""

from __future__ import annotations

import asyncio
import errno
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import TYPE_CHECKING

from core.base.errors import RelayError, RunIdError, UsageError
from core.base.identifiers import check_run_id
from core.base.time import utc_now
from core.plugin.settings import configuration_folder
from core.relay.door import Door, is_loopback
from core.relay.limits import RelayLimits
from core.relay.server import Relay, RelayPlan
from core.relay.tokens import relay_key
from core.services.open_files import grant_open_files
from core.services.relay_process import announced_relay, living_relay, relay_folder
from core.store.run_folder import RunFolder
from core.store.run_lock import RunLock

if TYPE_CHECKING:
    from core.relay.raw_log import OpenLog, RawLog
    from core.services.workbench import Workbench
    from core.store.home import Home

__all__ = ["serve_relay"]

_LOOK_EVERY_S = 0.5
_FILES_OF_ITS_OWN = 128
_EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - to tell what they mean, not to bind them


def serve_relay(
    workbench: Workbench,
    host: str,
    port: int,
    *,
    tell: Callable[[str], None],
    stop_when_idle_s: float | None = None,
    limits: RelayLimits | None = None,
) -> None:
    """Serve the events of the home's runs until SIGTERM, SIGINT, or nobody needs it any more.

    Parameters
    ----------
    host, port
        Where to listen; port 0 is any free one.
    tell : callable
        Shows a sentence to the person who started it.
    stop_when_idle_s : float, optional
        Stop once nobody was connected for this long.

    Raises
    ------
    UsageError
        If the address cannot be listened on.
    RelayError
        If this home has a relay already, or the relay's key cannot be used.
    HomeError, StoreError
        If the home cannot be written to.
    """
    _spare_pauses()
    with _only_one(workbench.home):
        plan = RelayPlan(
            key=relay_key(configuration_folder() / "relay.key"),
            open_log=_log_opener(workbench.home),
            clock=utc_now,
            host=host,
            port=port,
            door=_door(workbench, host),
            limits=_within_open_files(limits or RelayLimits(), tell),
        )
        asyncio.run(_serve(workbench.home, plan, tell, stop_when_idle_s))


async def _serve(home: Home, plan: RelayPlan, tell: Callable[[str], None], stop_when_idle_s: float | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        try:
            relay = await stack.enter_async_context(Relay(plan))
        except OSError as error:
            raise _cannot_listen(plan, error) from error
        url = _url(plan.host, relay.port)
        with announced_relay(home, url):
            tell(f"Relay of {home.path} at {url}")
            if not is_loopback(plan.host):
                tell(_meaning_of(plan.host))
            await _until_stopped(relay, stop, stop_when_idle_s)
    tell("The relay has stopped.")


def _within_open_files(limits: RelayLimits, tell: Callable[[str], None]) -> RelayLimits:
    # A connection is an open file, whether it has shown a token or not.
    beside = limits.waiting + _FILES_OF_ITS_OWN
    granted = grant_open_files(limits.connections + beside)
    if granted >= limits.connections + beside:
        return limits
    fitting = limits.model_copy(update={"connections": max(1, granted - beside)})
    tell(
        f"The system grants {granted:,} open files (ulimit -n), so this relay serves {fitting.connections:,} "
        f"connections instead of {limits.connections:,}. Raise the hard limit for more."
    )
    return fitting


def _spare_pauses() -> None:
    # A full collection over a thousand connections stops them all for tens of milliseconds. What is loaded by now stays
    # for good, and what is made for a message is freed by its count: cycles are left by connections that ended.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _until_stopped(relay: Relay, stop: asyncio.Event, stop_when_idle_s: float | None) -> None:
    clock = asyncio.get_running_loop().time
    while not stop.is_set():
        is_quiet = stop_when_idle_s is not None and not relay.connection_count
        if is_quiet and clock() - relay.quiet_since >= (stop_when_idle_s or 0.0):
            return
        try:
            await asyncio.wait_for(stop.wait(), _LOOK_EVERY_S)
        except TimeoutError:
            continue


@contextmanager
def _only_one(home: Home) -> Iterator[None]:
    folder = relay_folder(home.create())
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = RunLock.try_take(folder / "relay.lock")
    if lock is None:
        found = living_relay(home)
        which = f"process {found.process.pid} at {found.url}" if found else "it does not listen yet"
        raise RelayError(f"{home.path} has a relay already: {which}. Stop that one first, or use it.")
    with lock:
        yield


def _log_opener(home: Home) -> OpenLog:
    def open_log(task_id: str) -> RawLog | None:
        try:
            return RunFolder.open(home, check_run_id(task_id)).events()
        except RunIdError:
            # A run of another home: its publisher may still tell of it.
            return None

    return open_log


def _door(workbench: Workbench, host: str) -> Door:
    settings = workbench.settings.relay
    urls = [url for url in (settings.url, settings.browser_url) if url]
    names = [host] if host not in _EVERYWHERE else []
    return Door.of(settings.allowed_origins, urls, names, takes_own_pages=settings.browser_url is not None)


def _url(host: str, port: int) -> str:
    # Who binds everywhere is reached here by the loopback name.
    named = "127.0.0.1" if host in _EVERYWHERE else host
    return f"ws://[{named}]:{port}" if ":" in named else f"ws://{named}:{port}"


def _cannot_listen(plan: RelayPlan, error: OSError) -> UsageError:
    if error.errno == errno.EADDRINUSE:
        return UsageError(f"Port {plan.port} of {plan.host} is taken. Choose another one with --port, or 0 for any.")
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return UsageError(f"{plan.host} is no address of this machine. Choose one with --host, such as 127.0.0.1.")
    return UsageError(f"{plan.host} port {plan.port} cannot be listened on: {error.strerror or error}. See --port.")


def _meaning_of(host: str) -> str:
    return (
        f"It listens on {host}: other machines can reach it. Nobody reads or publishes without a token, but what "
        "travels is not encrypted. Put a reverse proxy with TLS before it, or bind 127.0.0.1."
    )
