"""Serves the relay of a home until it is killed: HOME CONFIGURATION PORT."""

import asyncio
import sys
from pathlib import Path

from core.base.time import utc_now
from core.relay.door import Door
from core.relay.server import Relay, RelayPlan
from core.relay.tokens import relay_key
from core.store.home import Home
from core.store.run_folder import RunFolder


async def main(home: str, configuration: str, port: str) -> None:
    """Listen, and say so."""
    plan = RelayPlan(
        key=relay_key(Path(configuration) / "relay.key"),
        open_log=lambda run_id: RunFolder.open(Home(Path(home)), run_id).events(),
        clock=utc_now,
        port=int(port),
        # As where relay.browser_url names the relay.
        door=Door(takes_own_pages=True),
    )
    async with Relay(plan):
        print("listening", flush=True)
        await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
