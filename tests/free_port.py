"""Ports for servers that a test starts: each is free when it is given, and nobody else gets it by chance until it is taken."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from itertools import cycle

# Below those that the system gives to whoever asks for any (net.ipv4.ip_local_port_range begins at 32768).
_FIRST, _COUNT = 20_000, 12_000
# Processes of one session of tests have numbers near each other; a prime keeps their ports apart.
_places = cycle(range(_COUNT))
_begin = os.getpid() * 127 % _COUNT


def free_port() -> int:
    """Return a port of this machine on which nothing listens, each time another one."""
    for place in _places:
        port = _FIRST + (_begin + place) % _COUNT
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there is no end of places")
