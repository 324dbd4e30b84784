"""The dashboard's sockets send small packets at once.

asyncio turns the delay of small packets (Nagle's algorithm) off for sockets that are marked as TCP. Streamlit makes its
listening socket without that mark, and each small message then waits for the browser's acknowledgement of the one
before, up to 40 ms. Connections inherit the option of the socket that listens.
"""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psutil

__all__ = ["small_packets_at_once"]


@asynccontextmanager
async def small_packets_at_once(_app: object) -> AsyncIterator[None]:
    """Set the option on every TCP socket of this process that listens, as the server starts."""
    with suppress(psutil.Error, OSError):
        for connection in psutil.Process().net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.fd >= 0:
                with socket.socket(fileno=os.dup(connection.fd)) as listening:
                    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    yield
