"""Open tasks: everybody who enters one holds the same, whatever happens in between."""

import asyncio
from datetime import UTC, datetime

import pytest

from core.base.errors import StoreError
from core.relay.frames import FrameError
from core.relay.limits import RelayLimits
from core.relay.tokens import TokenClaims
from core.relay.topics import Topics

# A task that nobody uses is forgotten at once: whatever is not held for its user is lost.
LIMITS = RelayLimits(idle_task_s=0.0)


class EmptyLog:
    def read_lines(self, from_seq=1):
        yield from ()

    def read_blocks(self):
        yield from ()

    def size_bytes(self):
        return 0


def claims(task_id, role="subscribe"):
    return TokenClaims(task_id, role, datetime(2026, 1, 1, tzinfo=UTC))


async def within_a_minute(work):
    async with asyncio.timeout(60):
        return await work


async def polled_in_each_turn(topics, work):
    """Return what `work` returns, while the open tasks are polled in every turn of the event loop."""

    async def poll():
        while True:
            await topics.poll()
            await asyncio.sleep(0)

    polling = asyncio.create_task(poll())
    try:
        return await work
    finally:
        polling.cancel()


def test_a_task_that_is_polled_while_it_is_opened_is_the_one_that_everybody_gets():
    async def entered():
        topics = Topics(lambda _task: EmptyLog(), LIMITS)

        async def enter_twice(task_id):
            first = await topics.enter(claims(task_id))
            return first is await topics.enter(claims(task_id, "publish"))

        many = asyncio.gather(*[enter_twice(f"task {number}") for number in range(200)])
        return await polled_in_each_turn(topics, many)

    assert asyncio.run(within_a_minute(entered())) == [True] * 200


def test_many_who_enter_a_task_at_once_get_the_same_one():
    async def entered():
        topics = Topics(lambda _task: EmptyLog(), LIMITS)
        return await polled_in_each_turn(topics, asyncio.gather(*[topics.enter(claims("a")) for _ in range(100)]))

    assert len(set(asyncio.run(within_a_minute(entered())))) == 1


def test_making_room_for_one_task_takes_it_from_nobody_who_is_entering_another():
    async def lost():
        topics = Topics(lambda _task: EmptyLog(), RelayLimits(tasks=20))

        async def use(task_id):
            try:
                topic = await topics.enter(claims(task_id))
            except FrameError as error:
                return error.code
            await asyncio.sleep(0)
            again = await topics.enter(claims(task_id))
            topics.leave(topic)
            topics.leave(again)
            return "the same" if topic is again else "another"

        rounds = [await asyncio.gather(*[use(f"{turn} {number}") for number in range(40)]) for turn in range(20)]
        return {outcome for outcomes in rounds for outcome in outcomes}

    assert asyncio.run(within_a_minute(lost())) == {"the same", "too_many_tasks"}


@pytest.mark.parametrize("role", ["publish", "subscribe"])
def test_a_log_that_cannot_be_opened_now_is_unreadable_and_not_unknown(role):
    def open_log(_task):
        raise StoreError("too many open files.")

    async def code():
        try:
            await Topics(open_log, LIMITS).enter(claims("a", role))
        except FrameError as error:
            return error.code

    assert asyncio.run(within_a_minute(code())) == "unreadable"


def test_a_log_that_cannot_be_read_now_is_unreadable_and_can_be_entered_later():
    class Log(EmptyLog):
        is_there = False

        def size_bytes(self):
            if self.is_there:
                return 0
            raise OSError(24, "Too many open files")

    async def entered(log):
        topics = Topics(lambda _task: log, LIMITS)
        with pytest.raises(FrameError) as refused:
            await topics.enter(claims("a"))
        log.is_there = True
        await topics.enter(claims("a"))
        return refused.value.code

    assert asyncio.run(within_a_minute(entered(Log()))) == "unreadable"
