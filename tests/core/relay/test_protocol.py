"""The protocol, without sockets and without a clock of its own."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.relay.frames import FetchFrame, PublishFrame, SearchFrame, SubscribeFrame
from core.relay.limits import RelayLimits
from core.relay.protocol import Admit, Close, RelaySession, Reply
from core.relay.tokens import TokenClaims, TokenError

LIMITS = RelayLimits()
TASK = "t"


def claims_of(token):
    if token not in ("publish", "subscribe"):
        raise TokenError("bad_token", "The token is not accepted.")
    return TokenClaims(TASK, token, datetime(2026, 1, 1, tzinfo=UTC))


def session_of(role=None, limits=LIMITS):
    session = RelaySession(limits, claims_of, 0.0)
    if role is not None:
        assert session.receive(auth(role), 0.0) == [Admit(claims_of(role))]
    return session


def auth(token, version=1):
    return json.dumps({"frame": "auth", "version": version, "token": token})


def said(actions):
    """Return the code of the one refusal among the actions."""
    (reply,) = [json.loads(action.frame) for action in actions if isinstance(action, Reply)]
    assert reply["frame"] == "error"
    assert reply["message"].endswith(".")
    assert reply["is_final"] == any(isinstance(action, Close) for action in actions)
    return reply["code"]


def test_the_hello_tells_version_beats_and_limits():
    (hello,) = RelaySession(LIMITS, claims_of, 0.0).open()
    told = json.loads(hello.frame)
    assert (told["frame"], told["version"], told["heartbeat_s"], told["dead_after_s"]) == ("hello", 1, 5, 15)
    assert told["limits"]["fetch_events"] == 1000


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (auth("forged"), "bad_token"),
        (auth("subscribe", version=2), "unknown_version"),
        ('{"frame":"auth","version":1}', "bad_token"),
        ('{"frame":"subscribe","tail":1}', "bad_request"),
        ('{"frame":"dance"}', "unknown_frame"),
        ("[", "bad_frame"),
        (b"\x00", "bad_frame"),
    ],
)
def test_whatever_comes_first_but_a_good_token_ends_the_connection(first, code):
    session = session_of()
    actions = session.receive(first, 0.0)
    assert said(actions) == code
    assert session.has_ended
    assert session.receive(auth("subscribe"), 0.0) == []


def test_no_token_in_time_ends_the_connection():
    session = session_of()
    assert session.tick(4.9) == []
    assert said(session.tick(5.0)) == "auth_timeout"


def test_a_client_is_sent_heartbeats_and_is_dead_when_it_sends_none():
    session = session_of("subscribe")
    assert json.loads(session.tick(5.0)[0].frame) == {"frame": "heartbeat"}
    assert session.tick(5.5) == []
    session.receive('{"frame":"heartbeat"}', 10.0)
    assert not any(isinstance(action, Close) for action in session.tick(24.9))
    assert isinstance(session.tick(25.0)[0], Close)


@pytest.mark.parametrize(
    ("role", "frame"),
    [
        ("subscribe", {"frame": "publish", "events": [{"task_id": TASK, "seq": 1}]}),
        ("publish", {"frame": "subscribe", "tail": 5}),
        ("publish", {"frame": "fetch", "request_id": "r", "from_seq": 1, "to_seq": 1}),
        ("publish", {"frame": "search", "request_id": "s", "text": "x"}),
        ("publish", {"frame": "publish", "events": [{"task_id": "another", "seq": 1}]}),
    ],
)
def test_a_token_does_not_serve_for_another_role_or_task(role, frame):
    assert said(session_of(role).receive(json.dumps(frame), 1.0)) == "wrong_role"


@pytest.mark.parametrize(
    ("frame", "work"),
    [
        ({"frame": "subscribe", "from_seq": 7}, SubscribeFrame(7, None)),
        ({"frame": "subscribe", "tail": 0}, SubscribeFrame(None, 0)),
        ({"frame": "fetch", "request_id": "r", "from_seq": 2, "to_seq": 1001}, FetchFrame("r", 2, 1001)),
        (
            {"frame": "search", "request_id": "s", "text": "x", "levels": ["error"], "before_seq": 9, "limit": 10**6},
            SearchFrame("s", "x", frozenset({"error"}), 9, 1000),
        ),
    ],
)
def test_a_request_is_read_as_it_was_meant(frame, work):
    assert session_of("subscribe").receive(json.dumps(frame), 1.0) == [work]


@pytest.mark.parametrize(
    "frame",
    [
        {"frame": "subscribe"},
        {"frame": "subscribe", "tail": 1, "from_seq": 1},
        {"frame": "subscribe", "from_seq": 0},
        {"frame": "subscribe", "tail": True},
        {"frame": "fetch", "request_id": "r", "from_seq": 1, "to_seq": 1001},
        {"frame": "fetch", "request_id": "r", "from_seq": 2, "to_seq": 1},
        {"frame": "fetch", "request_id": 7, "from_seq": 1, "to_seq": 1},
        {"frame": "fetch", "request_id": "r", "from_seq": 10**400, "to_seq": 1},
        {"frame": "search", "request_id": "s", "text": ["x"]},
        {"frame": "search", "request_id": "s", "text": "x" * 501},
        {"frame": "search", "request_id": "s", "text": "x", "levels": ["loud"]},
        {"frame": "search", "request_id": "s", "text": "x", "levels": [[]]},
        {"frame": "auth", "version": 1, "token": "subscribe"},
    ],
)
def test_a_request_that_makes_no_sense_is_answered_and_the_connection_stays(frame):
    session = session_of("subscribe")
    assert said(session.receive(json.dumps(frame), 1.0)) == "bad_request"
    assert not session.has_ended


def test_the_refusal_names_the_request():
    (reply,) = session_of("subscribe").receive('{"frame":"fetch","request_id":"r9","from_seq":5,"to_seq":1}', 1.0)
    assert json.loads(reply.frame)["request_id"] == "r9"


def test_a_message_too_large_is_answered():
    session = session_of("subscribe", RelayLimits(message_bytes=1024))
    assert (
        said(session.receive(json.dumps({"frame": "heartbeat", "x": "é" * 1024}, ensure_ascii=False), 1.0))
        == "too_large"
    )


def test_too_many_frames_are_answered_and_in_the_end_cut_off():
    session = session_of("subscribe", RelayLimits(frames_per_s=1, frames_burst=3))
    beat = '{"frame":"heartbeat"}'
    assert [session.receive(beat, 0.0) for _ in range(2)] == [[], []]
    assert said(session.receive(beat, 0.0)) == "too_fast"
    assert session.receive(beat, 10.0) == []
    while not session.has_ended:
        actions = session.receive(beat, 10.0)
    assert said(actions) == "too_fast"


def test_refusals_now_and_then_are_forgiven():
    session = session_of("subscribe")
    assert {said(session.receive("{}", float(second))) for second in range(300)} == {"unknown_frame"}
    assert not session.has_ended


def test_endless_nonsense_is_cut_off():
    session = session_of("subscribe")
    answers = [session.receive("{}", 0.1 * number) for number in range(60)]
    assert session.has_ended
    assert 50 < sum(bool(answer) for answer in answers) < 60


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_names = st.sampled_from(["auth", "publish", "subscribe", "fetch", "search", "heartbeat", "hello", ""])
_fields = st.sampled_from(["version", "token", "events", "from_seq", "to_seq", "tail", "request_id", "text", "levels"])
_frames = st.builds(lambda name, fields: {"frame": name, **fields}, _names, st.dictionaries(_fields, _json, max_size=5))


@settings(max_examples=300, deadline=None)
@given(
    role=st.sampled_from([None, "publish", "subscribe"]),
    messages=st.lists(st.text() | st.binary() | _json.map(json.dumps) | _frames.map(json.dumps), max_size=6),
)
def test_no_message_whatever_breaks_the_protocol(role, messages):
    session = session_of(role)
    for message in messages:
        for action in session.receive(message, 1.0):
            assert isinstance(action, (Reply, Close, Admit, PublishFrame, SubscribeFrame, FetchFrame, SearchFrame))


@pytest.mark.parametrize(
    "message", ["[" * 100_000, '{"a":' * 50_000, '{"frame":' + "9" * 10_000 + "}", '{"frame":NaN}']
)
def test_deep_and_huge_json_is_answered(message):
    assert said(session_of("subscribe").receive(message, 1.0)) in ("bad_frame", "unknown_frame")
