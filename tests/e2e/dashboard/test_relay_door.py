"""What the dashboard's own port gives of the runs' events: nothing without a token, nothing to another origin."""

import json
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

CHATTY = {"mode": "chatty", "mode_params": {"n_lines": 20}}


def address_of(dashboard) -> str:
    return f"ws://127.0.0.1:{dashboard.port}/api/relay"


def answers_to(dashboard, *frames: dict) -> list[dict]:
    """Send frames, and return all that comes until the connection is closed."""
    answers = []
    with connect(address_of(dashboard), origin=dashboard.url, open_timeout=60, close_timeout=60) as door:
        for frame in frames:
            door.send(json.dumps(frame))
        with suppress(ConnectionClosed):
            while True:
                answers.append(json.loads(door.recv(timeout=60)))
    return answers


def test_the_door_gives_nothing_without_a_token_and_turns_other_origins_away(dashboard):
    run_id = dashboard.run(CHATTY)
    for origin in ("https://elsewhere.example", "null", f"http://127.0.0.1:{dashboard.relay_port}"):
        with pytest.raises(InvalidStatus) as refused, connect(address_of(dashboard), origin=origin):
            pass
        assert refused.value.response.status_code == 403

    subscribe = {"frame": "subscribe", "from_seq": 1}
    guessed = {"frame": "auth", "version": 1, "token": f"{run_id}.subscribe.guessed"}
    for frames in ((subscribe,), (guessed, subscribe), ({"frame": "auth", "version": 1, "token": ""}, subscribe)):
        hello, *others = answers_to(dashboard, *frames)
        assert hello["frame"] == "hello"
        assert [answer["frame"] for answer in others] == ["error"]
        assert others[0]["is_final"]
        assert "line 0000" not in json.dumps([hello, others])
