"""Of a URL only scheme, host and port are told."""

import pytest

from core.base.url_place import url_place


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("ws://127.0.0.1:8765", "ws://127.0.0.1:8765"),
        ("wss://u:hush@relay.example.org/hush?token=hush#hush", "wss://relay.example.org"),
        ("ws://[::1]:9000/hush", "ws://[::1]:9000"),
        ("ws://u:12/hush@127.0.0.1:1", ""),
        ("ws://u:hush", ""),
        ("ws://[hush", ""),
        ("u:hush@host", ""),
        ("hush", ""),
    ],
)
def test_nothing_but_the_place_is_told(url, place):
    assert url_place(url) == place
