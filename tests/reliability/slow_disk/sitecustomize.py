"""Python reads this at its start: calls of the operating system that touch the folder SLOW_FOLDER take SLOW_S seconds more each.

What is slowed: opening a file, making a folder, renaming, and waiting for the disk (fsync; fdatasync by SLOW_LINES_S, where that is given).
SQLite's own calls likewise, and each of its reads and writes by a tenth of it. At its end the process adds a line of JSON to the file
SLOW_COUNTS: how often each was called.
"""

import atexit
import builtins
import io
import json
import os
import sys
import time

from slow_sqlite import slow_down

FOLDER, DELAY_S, COUNTS = os.environ["SLOW_FOLDER"], float(os.environ["SLOW_S"]), os.environ["SLOW_COUNTS"]
LINES_DELAY_S = float(os.environ.get("SLOW_LINES_S", DELAY_S))
counts = {}


def is_slow(place):
    if isinstance(place, int):
        place = os.readlink(f"/proc/self/fd/{place}")  # noqa: PTH115 - pathlib opens folders with what is slowed here
    return os.fspath(place).startswith(FOLDER)


def slowed(function, name, delay_s=DELAY_S):
    def call(place, *arguments, **options):
        if is_slow(place):
            counts[name] = counts.get(name, 0) + 1
            time.sleep(delay_s)
        return function(place, *arguments, **options)

    return call


def tell():
    with real_open(COUNTS, "a", encoding="utf-8") as file:
        file.write(json.dumps({"command": sys.argv, **counts}) + "\n")


real_open = builtins.open
for name in ("open", "fsync", "rename", "replace", "mkdir"):
    setattr(os, name, slowed(getattr(os, name), name))
os.fdatasync = slowed(os.fdatasync, "fdatasync", LINES_DELAY_S)
builtins.open = io.open = slowed(real_open, "open")
slow_down(
    FOLDER, dict.fromkeys(("open", "delete", "sync"), DELAY_S) | dict.fromkeys(("read", "write"), DELAY_S / 10), counts
)
atexit.register(tell)
