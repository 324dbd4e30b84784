"""How everybody finds the relay, and the tokens that it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core.base.identifiers import check_run_id
from core.base.url_place import url_place

if TYPE_CHECKING:
    from core.relay.endpoint import FindEndpoint
    from core.services.workbench import Workbench

__all__ = ["RelayAddress", "ensure_relay", "find_endpoint", "relay_address", "relay_token"]

Role = Literal["publish", "subscribe"]


@dataclass(frozen=True)
class RelayAddress:
    """Where a relay listens.

    Attributes
    ----------
    url : str
        `ws://` or `wss://`.
    is_own : bool
        Whether it is the home's own relay; False for one that the setting relay.url names.
    """

    url: str
    is_own: bool

    @property
    def place(self) -> str:
        """What may be told of it: scheme, host and port."""
        return url_place(self.url)


def relay_address(workbench: Workbench) -> RelayAddress | None:
    """Return where the relay is: what relay.url says, else the home's living relay, else None."""
    from core.services.relay_process import living_relay

    if workbench.settings.relay.url:
        return RelayAddress(workbench.settings.relay.url, is_own=False)
    record = living_relay(workbench.home)
    return RelayAddress(record.url, is_own=True) if record else None


def ensure_relay(workbench: Workbench) -> RelayAddress:
    """Return where the relay is, after starting the home's own where none is named and none lives.

    Raises
    ------
    RelayError
        If it cannot be started.
    HomeError, StoreError
        If the home cannot be written to.
    """
    from core.jobs.start import command_line_program
    from core.services.relay_process import start_relay

    found = relay_address(workbench)
    if found is not None:
        return found
    record = start_relay(workbench.home, command_line_program(), workbench.settings.relay.port)
    return RelayAddress(record.url, is_own=True)


def relay_token(workbench: Workbench, task_id: str, role: Role) -> str:  # noqa: ARG001 - the key may come to lie in the home
    """Return a token for one run and role, good for two minutes.

    Raises
    ------
    RunIdError
        If `task_id` is no run id.
    RelayError
        If the relay's key cannot be read or made.
    """
    from core.base.time import utc_now
    from core.plugin.settings import configuration_folder
    from core.relay.tokens import mint_token, relay_key

    key = relay_key(configuration_folder() / "relay.key")
    return mint_token(key, task_id=check_run_id(task_id), role=role, now=utc_now())


def find_endpoint(workbench: Workbench, task_id: str, role: Role) -> FindEndpoint:
    """Return a function that looks for the relay, anew at each call, and mints a token for it."""
    from core.relay.endpoint import RelayEndpoint

    def find() -> RelayEndpoint | None:
        address = relay_address(workbench)
        return None if address is None else RelayEndpoint(address.url, relay_token(workbench, task_id, role))

    return find
