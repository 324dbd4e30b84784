"""Whether a port of this machine is free."""

from __future__ import annotations

import socket
from contextlib import closing

from core.base.errors import UsageError

__all__ = ["check_port_is_free", "is_port_free"]


def is_port_free(address: str, port: int) -> bool:
    """Return whether somebody could listen there now."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def check_port_is_free(address: str, port: int, option: str) -> None:
    """Refuse a taken port.

    Raises
    ------
    UsageError
        If somebody listens there already; the message names the option that changes it.
    """
    if not is_port_free(address, port):
        nearest = next((free for free in range(port + 1, 65536) if is_port_free(address, free)), None)
        way_out = f"Choose a free one: qlop ui {option} {nearest}" if nearest else "No higher port is free."
        raise UsageError(f"Port {port} of {address} is taken, by another dashboard perhaps. {way_out}")
