"""The asynchronous and the plain client mean the same; both before a real relay."""

import asyncio
import threading

import pytest

from core.base.errors import RelayError
from core.base.events import LogPayload
from core.base.identifiers import new_run_id
from core.relay.client import RelayClient
from core.relay.plain_client import PlainClient
from core.relay.subscription import Gap, Search
from core.store.run_session import open_run


class InALoop:
    """The asynchronous client with the plain one's face."""

    def __init__(self, *arguments, **options):
        self.client = RelayClient(*arguments, **options)

    def events(self, from_seq=1):
        return asyncio.run(self._all(self.client.events(from_seq)))

    def fetch(self, from_seq, to_seq):
        return asyncio.run(self._all(self.client.fetch(from_seq, to_seq)))

    def search(self, search):
        return asyncio.run(self.client.search(search))

    async def _all(self, stream):
        return [item async for item in stream]


@pytest.fixture(params=[PlainClient, InALoop], ids=["plain", "asynchronous"])
def kind(request):
    return request.param


@pytest.fixture
def client_of(kind, served_relay, soon):
    """Makes a client of a run."""

    def made(run_id, **options):
        return kind(served_relay.endpoint_of(run_id, "subscribe"), soon(), **options)

    return made


@pytest.fixture
def ended_run(run_home):
    """A run of 2,502 events that has ended; event n + 1 is "line n"."""
    run_id = new_run_id()
    with open_run(run_home, run_id, {}, {}, owns_process=False) as session:
        for number in range(1, 2501):
            level = "warning" if number % 1000 == 0 else "info"
            session.events.append(LogPayload(level=level, message=f"line {number}"))
    return run_id


def numbers_of(items) -> list[int]:
    return [item.seq for item in items]


def test_a_run_that_has_ended_is_there_from_the_first_event_to_the_last(client_of, ended_run):
    assert numbers_of(client_of(ended_run).events()) == list(range(1, 2503))


def test_who_has_seen_some_gets_the_rest(client_of, ended_run):
    assert numbers_of(client_of(ended_run).events(2500)) == [2500, 2501, 2502]


def test_any_stretch_can_be_fetched_however_long(client_of, ended_run):
    assert numbers_of(client_of(ended_run).fetch(3, 2450)) == list(range(3, 2451))


def test_a_search_finds_in_the_whole_log_whatever_the_case(client_of, ended_run):
    found = client_of(ended_run).search(Search("LINE 3", limit=2))
    # 3, 30 to 39 and 300 to 399.
    assert (found.match_count, found.has_more) == (111, True)
    assert numbers_of(found.events) == [399, 400]
    assert found.searched_to_seq == 2502


def test_a_search_goes_back_from_where_it_was_and_minds_the_level(client_of, ended_run):
    assert numbers_of(client_of(ended_run).search(Search("LINE 3", before_seq=40)).events) == [4, *range(31, 40)]
    assert numbers_of(client_of(ended_run).search(Search("", levels=["warning"])).events) == [1001, 2001]


def test_a_run_that_is_not_there_is_an_error_and_no_wait(client_of):
    with pytest.raises(RelayError, match="unknown_task"):
        list(client_of(new_run_id()).events())


def test_patience_ends_where_the_relay_stays_away(client_of, served_relay, ended_run):
    served_relay.stop()
    with pytest.raises(RelayError, match="is away"):
        list(client_of(ended_run, patience_s=0.1).events())


def test_a_token_of_another_key_is_refused_at_once(served_relay, soon, ended_run):
    client = PlainClient(served_relay.endpoint_of(ended_run, "subscribe", key=b"another" * 8), soon())
    with pytest.raises(RelayError, match="bad_token"):
        next(client.events())


def test_a_token_to_publish_does_not_watch(served_relay, soon, ended_run):
    client = PlainClient(served_relay.endpoint_of(ended_run, "publish"), soon())
    with pytest.raises(RelayError, match="wrong_role"):
        next(client.events())


def test_after_the_relay_was_killed_it_goes_on_where_it_was(kind, mortal_relay, run_home, soon):
    run_id, arrived = new_run_id(), []
    client = kind(mortal_relay.endpoint_of(run_id, "subscribe"), soon())
    with open_run(run_home, run_id, {}, {}, owns_process=False) as session:
        watching = threading.Thread(target=lambda: arrived.extend(client.events()))
        watching.start()
        for _ in range(2):
            session.events.append(LogPayload(level="info", message="while the relay lives, or does not"))
            mortal_relay.kill()
            session.events.append(LogPayload(level="info", message="while no relay is there"))
            mortal_relay.start()
    watching.join(60)
    assert numbers_of(arrived) == list(range(1, 7))


def test_a_slow_reader_is_told_of_the_gap_and_gets_it_all_the_same(served_relay, run_home, soon):
    served_relay.stop()
    served_relay.limits = served_relay.limits.model_copy(update={"lag_events": 10, "buffer_bytes": 1024})
    served_relay.start()
    run_id = new_run_id()
    with open_run(run_home, run_id, {}, {}, owns_process=False) as session:
        items = PlainClient(served_relay.endpoint_of(run_id, "subscribe"), soon()).events()
        arrived = [next(items)]
        for number in range(20_000):
            session.events.append(LogPayload(level="info", message=f"{number} {'x' * 1000}"))
    arrived += items
    assert any(isinstance(item, Gap) for item in arrived)
    assert numbers_of(item for item in arrived if not isinstance(item, Gap)) == list(range(1, 20_003))
