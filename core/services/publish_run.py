"""Publish a run to the relay while it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from core.base.errors import StoreError
from core.base.events import LogPayload

if TYPE_CHECKING:
    from core.services.run_context import Observer
    from core.services.workbench import Workbench
    from core.store.run_session import RunSession

__all__ = ["published"]


@contextmanager
def published(workbench: Workbench, session: RunSession, observer: Observer) -> Iterator[None]:
    """Ship the session's log to the relay until the block ends, and for a second after it at most.

    Nothing of it reaches the run. Where no relay is, the run's log says so once, and `observer` sees it.
    """
    from random import Random

    from core.relay.back_off import BackOff
    from core.relay.publisher import Publisher
    from core.services.relay_access import find_endpoint

    def tell(sentence: str) -> None:
        # The run may have ended meanwhile, and whoever looks on may have gone away.
        with suppress(StoreError, OSError):
            observer(session.events.append(LogPayload(level="info", message=sentence, logger="qlop.relay")))

    find = find_endpoint(workbench, session.run_id, "publish")
    # Of its own: the seeds of the run's numbers are nobody else's.
    publisher = Publisher(session.events.read_lines, find, BackOff(Random().random), tell)  # noqa: S311 - waits, no secrets
    session.events.on_append = publisher.ring
    with publisher:
        yield
