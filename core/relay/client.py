"""Follow a run through the relay from asynchronous code; core/relay/plain_client.py is the same for other code."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing

from core.base.errors import RelayError
from core.base.events import Event
from core.relay.back_off import BackOff
from core.relay.endpoint import FindEndpoint
from core.relay.link import Link, open_link
from core.relay.patience import Patience, no_relay
from core.relay.subscription import Frame, Gap, Search, SearchResult, Subscription, ends_the_run, fetch_frame, fetched

__all__ = ["RelayClient"]

_REQUEST_ID = "1"


class RelayClient:
    """One subscriber of one run.

    Parameters
    ----------
    find_endpoint : callable
        Finds the relay and mints a token to subscribe; called before every connection, in a thread.
    back_off : BackOff
        How long to wait between tries.
    patience_s : float or None
        How long the relay may be away before `events` raises; None waits for ever.
    """

    def __init__(self, find_endpoint: FindEndpoint, back_off: BackOff, *, patience_s: float | None = None) -> None:
        self._find_endpoint = find_endpoint
        self._back_off = back_off
        self._patience_s = patience_s

    async def events(self, from_seq: int = 1) -> AsyncGenerator[Event | Gap, None]:
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
                async with aclosing(self._stream(subscription)) as stream:
                    async for item in stream:
                        patience.heard()
                        yield item
                        if ends_the_run(item):
                            return
            except RelayError as error:
                patience.bear(error, time.monotonic())
            await asyncio.sleep(self._back_off.next_s())

    async def fetch(self, from_seq: int, to_seq: int) -> AsyncGenerator[Event, None]:
        """Yield the events between two numbers, both included; RelayError if they cannot be had."""
        async with await self._connected() as link:
            while from_seq <= to_seq:
                for event in fetched(await _asked(link, fetch_frame(from_seq, to_seq)), from_seq):
                    yield event
                    from_seq = event.seq + 1

    async def search(self, search: Search) -> SearchResult:
        """Search the whole log; RelayError if that cannot be done."""
        async with await self._connected() as link:
            return SearchResult.of(await _asked(link, search.frame()))

    async def _stream(self, subscription: Subscription) -> AsyncGenerator[Event | Gap, None]:
        async with await self._connected() as link:
            self._back_off.reset()
            await link.send(subscription.opening())
            while True:
                for item in subscription.accept(await link.receive()):
                    yield item
                    if isinstance(item, Gap):
                        async with aclosing(self.fetch(item.from_seq, item.to_seq)) as events:
                            async for event in events:
                                for fresh in subscription.take([event]):
                                    yield fresh

    async def _connected(self) -> AbstractAsyncContextManager[Link]:
        endpoint = await asyncio.to_thread(self._find_endpoint)
        if endpoint is None:
            raise no_relay()
        return open_link(endpoint)


async def _asked(link: Link, request: Frame) -> Frame:
    await link.send({**request, "request_id": _REQUEST_ID})
    return await link.answer(frame="batch", request_id=_REQUEST_ID)
