"""Run as a process: `qlop ARGUMENTS`, which tells at its end, on standard error, what publishing took of the processor.

"publishing SECONDS of SECONDS": the thread that ships, and what the run's own thread does for it; and the whole process.
"""

from __future__ import annotations

import atexit
import sys
import time
from contextlib import contextmanager

import core.services.publish_run as publishing
from core.cli.main import main
from core.relay.publisher import Publisher

spent: list[float] = []
_publish, _published = Publisher._publish, publishing.published


def timed(self: Publisher) -> None:
    begun = time.thread_time()
    try:
        _publish(self)
    finally:
        spent.append(time.thread_time() - begun)


@contextmanager
def timed_from_the_run(*arguments: object):
    begun = time.thread_time()
    context = _published(*arguments)
    context.__enter__()
    spent.append(time.thread_time() - begun)
    try:
        yield
    finally:
        begun = time.thread_time()
        context.__exit__(None, None, None)
        spent.append(time.thread_time() - begun)


Publisher._publish = timed
publishing.published = timed_from_the_run
atexit.register(lambda: print(f"publishing {sum(spent)} of {time.process_time()}", file=sys.stderr))
main()
