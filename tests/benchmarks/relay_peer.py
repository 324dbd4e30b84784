"""Run as a process: the peer of the relay, the broadcast server of websockets' own documentation in its default settings.

Usage: relay_peer.py. It says its port. What comes at /run goes to everybody else, message by message, compressed for each.
"""

from __future__ import annotations

import asyncio

from websockets.asyncio.server import ServerConnection, broadcast, serve

WATCHERS: set[ServerConnection] = set()


async def talk(connection: ServerConnection) -> None:
    if connection.request.path == "/run":
        async for message in connection:
            broadcast(WATCHERS, message)
        return
    WATCHERS.add(connection)
    try:
        await connection.wait_closed()
    finally:
        WATCHERS.discard(connection)


async def main() -> None:
    async with serve(talk, "127.0.0.1", 0, ping_interval=None, backlog=1024) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
