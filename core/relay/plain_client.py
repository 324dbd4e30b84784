"""Follow a run through the relay from code that is not asynchronous. It means what core/relay/client.py means."""

from __future__ import annotations

import time
from collections.abc import Iterator

from core.base.errors import RelayError
from core.base.events import Event
from core.relay.back_off import BackOff
from core.relay.endpoint import FindEndpoint
from core.relay.patience import Patience, no_relay
from core.relay.plain_link import PlainLink
from core.relay.subscription import Frame, Gap, Search, SearchResult, Subscription, ends_the_run, fetch_frame, fetched

__all__ = ["PlainClient"]

_REQUEST_ID = "1"


class PlainClient:
    """One subscriber of one run.

    Parameters
    ----------
    find_endpoint : callable
        Finds the relay and mints a token to subscribe; called before every connection.
    back_off : BackOff
        How long to wait between tries.
    patience_s : float or None
        How long the relay may be away before `events` raises; None waits for ever.
    """

    def __init__(self, find_endpoint: FindEndpoint, back_off: BackOff, *, patience_s: float | None = None) -> None:
        self._find_endpoint = find_endpoint
        self._back_off = back_off
        self._patience_s = patience_s

    def events(self, from_seq: int = 1) -> Iterator[Event | Gap]:
        """Yield a run's events from `from_seq` on, as they come, each once and in order, until the run has ended.

        A Gap says that the relay left events out because they were not taken fast enough; they follow it, fetched. A
        connection that is lost is made again, and goes on where it was.

        Raises
        ------
        RelayError
            If the relay refuses (no such run, no valid token), or is away for longer than the patience allows.
        """
        subscription = Subscription(from_seq)
        patience = Patience(self._patience_s)
        while True:
            try:
                for item in self._stream(subscription):
                    patience.heard()
                    yield item
                    if ends_the_run(item):
                        return
            except RelayError as error:
                patience.bear(error, time.monotonic())
            time.sleep(self._back_off.next_s())

    def fetch(self, from_seq: int, to_seq: int) -> Iterator[Event]:
        """Yield the events between two numbers, both included; RelayError if they cannot be had."""
        with self._connected() as link:
            while from_seq <= to_seq:
                for event in fetched(_asked(link, fetch_frame(from_seq, to_seq)), from_seq):
                    yield event
                    from_seq = event.seq + 1

    def search(self, search: Search) -> SearchResult:
        """Search the whole log; RelayError if that cannot be done."""
        with self._connected() as link:
            return SearchResult.of(_asked(link, search.frame()))

    def _stream(self, subscription: Subscription) -> Iterator[Event | Gap]:
        with self._connected() as link:
            self._back_off.reset()
            link.send(subscription.opening())
            while True:
                frame = link.receive(link.heartbeat_s)
                for item in subscription.accept(frame) if frame else ():
                    yield item
                    if isinstance(item, Gap):
                        for event in self.fetch(item.from_seq, item.to_seq):
                            yield from subscription.take([event])

    def _connected(self) -> PlainLink:
        endpoint = self._find_endpoint()
        if endpoint is None:
            raise no_relay()
        return PlainLink(endpoint)


def _asked(link: PlainLink, request: Frame) -> Frame:
    link.send({**request, "request_id": _REQUEST_ID})
    return link.answer(frame="batch", request_id=_REQUEST_ID)
