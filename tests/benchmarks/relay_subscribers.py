"""Run as a process: many subscribers of one task, as thin as they can be, that note when each batch has come.

Usage: relay_subscribers.py HOME RUN_ID COUNT STALLED ANSWER.npz, or relay_subscribers.py PEER_PORT COUNT ANSWER.npz for
the peer, whose n-th message is line n. It says "live" once all of them are subscribed, and answers when its input ends.

1. Sockets and frames are read by hand: a client's library would measure itself. What was sent is counted, not decoded.
2. A connection that is lost is opened again, and subscribes where its events end.
3. The stalled ones subscribe and then read nothing.
4. The answer holds a line for each batch: when it came (CLOCK_MONOTONIC), to whom, and its first and last number.
"""

from __future__ import annotations

import json
import random
import select
import socket
import sys
from array import array
from pathlib import Path
from time import monotonic

import numpy as np

from core.services.relay_access import relay_address, relay_token
from core.services.workbench import open_workbench

UPGRADE = (
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{extensions}\r\n"
)
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
BATCH = b'{"frame":"batch","from_seq":'
HEARTBEAT_EVERY_S = 4.0
READ_BYTES = 65536


class Relay:
    """What connections ask for, and where."""

    def __init__(self, home: str, run_id: str) -> None:
        self.workbench, self.run_id = open_workbench(Path(home)), run_id
        self.token, self.token_until = "", 0.0
        self.extensions = ""

    def port(self) -> int:
        address = relay_address(self.workbench)
        return int(address.url.rpartition(":")[2]) if address else 0

    def auth(self) -> bytes:
        if monotonic() > self.token_until:
            self.token, self.token_until = relay_token(self.workbench, self.run_id, "subscribe"), monotonic() + 60
        return masked({"frame": "auth", "version": 1, "token": self.token})


class Peer:
    """A server that sends lines to whoever connects."""

    extensions = DEFLATE

    def __init__(self, port: str) -> None:
        self._port = int(port)

    def port(self) -> int:
        return self._port


def masked(frame: dict[str, object]) -> bytes:
    payload = json.dumps(frame).encode()
    size = len(payload)
    head = bytes([0x81, 0x80 | size]) if size < 126 else bytes([0x81, 0x80 | 126]) + size.to_bytes(2, "big")
    return head + bytes(4) + payload  # a mask of zeros changes nothing


class Subscriber:
    """One connection, opened again when it is lost."""

    def __init__(self, number: int, *, is_stalled: bool = False) -> None:
        self.number, self.is_stalled = number, is_stalled
        self.next_seq = 1
        self.due = 0.0
        self.socket: socket.socket | None = None
        self.rest = b""
        self.is_open = self.is_live = False


class Crowd:
    """All subscribers of this process, and what came to them."""

    def __init__(self, server: Relay | Peer, count: int, n_stalled: int = 0) -> None:
        self.server = server
        self.people = [Subscriber(number, is_stalled=number < n_stalled) for number in range(count)]
        self.times, self.who, self.first, self.last = array("d"), array("i"), array("q"), array("q")
        self.poll = select.epoll()
        self.by_descriptor: dict[int, Subscriber] = {}
        self.waiting = list(self.people)
        self.n_faults = 0
        self.known: dict[bytes, tuple[int, int]] = {}

    def serve(self) -> None:
        self.poll.register(0, select.EPOLLIN)
        is_told, beat_at = False, monotonic() + HEARTBEAT_EVERY_S
        while True:
            for descriptor, _ in self.poll.poll(0.02, 256):
                if descriptor == 0:
                    return
                self.read(self.by_descriptor[descriptor])
            moment = monotonic()
            if self.waiting:
                self.open_due(moment)
            if moment >= beat_at:
                beat_at = moment + HEARTBEAT_EVERY_S
                self.beat()
            if not is_told and all(person.is_live for person in self.people):
                is_told = True
                print("live", flush=True)

    def open_due(self, moment: float) -> None:
        due = [person for person in self.waiting if person.due <= moment][:64]
        port = self.server.port() if due else 0
        for person in due:
            self.waiting.remove(person)
            self.open(person, port)

    def open(self, person: Subscriber, port: int) -> None:
        person.socket = socket.socket()
        if person.is_stalled:
            person.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        try:
            person.socket.connect(("127.0.0.1", port))
            person.socket.sendall(UPGRADE.format(port=port, extensions=self.server.extensions).encode())
        except OSError:
            self.lose(person)
            return
        person.socket.setblocking(False)
        self.by_descriptor[person.socket.fileno()] = person
        self.poll.register(person.socket.fileno(), select.EPOLLIN)

    def lose(self, person: Subscriber) -> None:
        descriptor = person.socket.fileno()
        if self.by_descriptor.pop(descriptor, None):
            self.poll.unregister(descriptor)
        person.socket.close()
        person.rest, person.is_open, person.is_live = b"", False, False
        person.due = monotonic() + 0.05 + 0.1 * random.random()
        self.waiting.append(person)

    def read(self, person: Subscriber) -> None:
        try:
            data = person.socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        came_at = monotonic()
        if not data:
            self.lose(person)
            return
        data = person.rest + data
        if not person.is_open:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                person.rest = head
                return
            person.is_open = True
            if isinstance(self.server, Peer):
                person.is_live = True
        self.split(person, data, came_at)

    def split(self, person: Subscriber, data: bytes, came_at: float) -> None:
        at, size = 0, len(data)
        while size - at >= 2:
            length, start = data[at + 1], at + 2
            if length >= 126:
                width = 2 if length == 126 else 8
                start += width
                if start > size:
                    break
                length = int.from_bytes(data[start - width : start], "big")
            if start + length > size:
                break
            self.take(person, data[at] & 0x0F, data, start, came_at)
            at = start + length
        person.rest = data[at:]

    def take(self, person: Subscriber, opcode: int, data: bytes, start: int, came_at: float) -> None:
        if isinstance(self.server, Peer):
            if opcode <= 2:
                self.note(person, person.next_seq, person.next_seq, came_at)
        elif data.startswith(BATCH, start):
            begin = data[start + len(BATCH) : start + 90]
            stretch = self.known.get(begin)
            if stretch is None:
                first, last = begin.split(b",", 2)[:2]
                stretch = self.known[begin] = int(first), int(last.partition(b":")[2])
            self.note(person, *stretch, came_at)
        elif data.startswith(b'{"frame":"hello"', start):
            person.socket.sendall(self.server.auth())
        elif data.startswith(b'{"frame":"ack","of":"auth"', start):
            person.socket.sendall(masked({"frame": "subscribe", "from_seq": person.next_seq}))
        elif data.startswith(b'{"frame":"ack","of":"subscribe"', start):
            person.is_live = True
            if person.is_stalled:
                self.poll.unregister(person.socket.fileno())
        elif data.startswith((b'{"frame":"gap"', b'{"frame":"error"'), start):
            self.n_faults += 1

    def note(self, person: Subscriber, first: int, last: int, came_at: float) -> None:
        if first != person.next_seq:
            self.n_faults += 1
        person.next_seq = last + 1
        self.times.append(came_at)
        self.who.append(person.number)
        self.first.append(first)
        self.last.append(last)

    def beat(self) -> None:
        if isinstance(self.server, Peer):
            return
        frame = masked({"frame": "heartbeat"})
        for person in self.people:
            if person.is_live and not person.is_stalled:
                try:
                    person.socket.send(frame)
                except OSError:
                    continue  # its end is read in a moment

    def answer(self, path: str) -> None:
        names = ("times", "who", "first", "last")
        values = {name: np.asarray(getattr(self, name)) for name in names}
        np.savez(path, **values, next_seq=[person.next_seq for person in self.people], n_faults=self.n_faults)


def main() -> None:
    if len(sys.argv) == 4:
        crowd = Crowd(Peer(sys.argv[1]), int(sys.argv[2]))
    else:
        crowd = Crowd(Relay(sys.argv[1], sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    crowd.serve()
    crowd.answer(sys.argv[-1])


if __name__ == "__main__":
    main()
