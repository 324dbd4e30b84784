"""What is shown in place of a damaged line: an event of its number that says so.

A damaged line would spoil every frame that it is in. Damage at a log's end is what a power cut leaves, and is cut off
when the run is settled: there the log ends, for now. Damage with a sound line after it stays for good.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from core.relay.raw_log import is_event_line

__all__ = ["without_damage"]

# The relay does not know when it was; the same answer every time matters more than a guess.
_SOME_TIME = "1970-01-01T00:00:00Z"


def without_damage(lines: Iterable[bytes], task_id: str, first: int, tell: Callable[[int], None]) -> Iterator[bytes]:
    """Yield a log's lines from number `first` on, an event that says so in place of each that is no event.

    Parameters
    ----------
    tell : callable
        Told the number of each damaged line.
    """
    sound = first
    for seq, line in enumerate(lines, start=first):
        if not is_event_line(line, task_id, seq):
            tell(seq)
            continue
        for damaged in range(sound, seq):
            yield _stand_in(task_id, damaged)
        yield line
        sound = seq + 1


def _stand_in(task_id: str, seq: int) -> bytes:
    told = f"Event {seq} cannot be shown: line {seq} of the run's events.jsonl is damaged."
    payload = {"level": "error", "message": told, "logger": "qlop.relay", "fields": {}}
    event = {"task_id": task_id, "seq": seq, "timestamp_utc": _SOME_TIME, "type": "log", "payload": payload}
    return json.dumps(event, separators=(",", ":")).encode("ascii")
