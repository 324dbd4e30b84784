"""Which hosts and origins are let in."""

import pytest

from core.relay.door import Door

DOOR = Door.of(["https://qlop.example.org"], ["wss://relay.example.org/live"], ["10.0.0.7"])


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8502", "[::1]:8502", "qlop.example.org", "relay.example.org", "10.0.0.7:1"]
)
def test_hosts_by_which_the_relay_is_known_are_let_in(host):
    assert DOOR.refusal([host], []) is None


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        ["evil.example"],
        ["127.0.0.1.evil.example"],
        ["localhost", "localhost"],
        ["a@localhost"],
        ["localhost:x"],
        ["[::"],
        [""],
    ],
)
def test_other_hosts_are_refused(hosts):
    assert DOOR.refusal(hosts, []).startswith("bad_host: ")


def test_pages_of_allowed_origins_are_let_in():
    assert DOOR.refusal(["localhost"], ["https://QLOP.example.org"]) is None


@pytest.mark.parametrize("origin", ["http://localhost:8501", "https://127.0.0.1", "http://[::1]:8501"])
def test_pages_of_this_machine_are_let_in_only_where_browsers_are_meant_to_come(origin):
    assert DOOR.refusal(["localhost"], [origin]).startswith("bad_origin: ")
    assert Door.of([], takes_own_pages=True).refusal(["localhost"], [origin]) is None


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://evil.example",
        "http://qlop.example.org",
        "https://qlop.example.org.evil.example",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "file://localhost",
    ],
)
def test_other_pages_are_refused(origin):
    for door in (DOOR, Door.of(["https://qlop.example.org"], takes_own_pages=True)):
        assert door.refusal(["localhost"], [origin]).startswith("bad_origin: ")
