"""Tokens hold for one key, one task, one role and a short while."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import RelayError
from core.relay.tokens import TokenError, check_token, mint_token, relay_key

KEY = b"k" * 32
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TASK = "d94b7f9a-3f65-4a3e-9a53-0a3f5f3c2b11"
TOKEN = mint_token(KEY, task_id=TASK, role="subscribe", now=NOW)


def test_a_token_says_task_role_and_end():
    claims = check_token(KEY, TOKEN, now=NOW)
    assert (claims.task_id, claims.role, claims.expires_at) == (TASK, "subscribe", NOW + timedelta(seconds=120))


def test_an_expired_token_is_told_from_a_bad_one():
    assert check_token(KEY, TOKEN, now=NOW + timedelta(seconds=119))
    with pytest.raises(TokenError, match="expired 0 s ago") as refusal:
        check_token(KEY, TOKEN, now=NOW + timedelta(seconds=120))
    assert refusal.value.code == "token_expired"


@given(place=st.integers(0, len(TOKEN) - 1), letter=st.sampled_from("ABCabc019-_.= é"))
def test_a_token_altered_anywhere_is_refused_and_not_repeated(place, letter):
    altered = TOKEN[:place] + letter + TOKEN[place + 1 :]
    if altered != TOKEN:
        with pytest.raises(TokenError) as refusal:
            check_token(KEY, altered, now=NOW)
        assert refusal.value.code == "bad_token"
        assert altered not in str(refusal.value)


@given(token=st.text(max_size=80))
def test_any_text_that_is_no_token_is_refused(token):
    with pytest.raises(TokenError) as refusal:
        check_token(KEY, token, now=NOW)
    assert refusal.value.code == "bad_token"


def test_a_token_of_another_key_is_refused():
    with pytest.raises(TokenError, match="not this relay's"):
        check_token(b"o" * 32, TOKEN, now=NOW)


def test_the_key_is_made_once_for_its_owner_alone(tmp_path):
    path = tmp_path / "configuration" / "relay.key"
    key = relay_key(path)
    assert len(key) == 32
    assert relay_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["relay.key"]


def test_processes_that_make_the_key_at_once_agree(tmp_path):
    code = "import sys; from pathlib import Path; from core.relay.tokens import relay_key\nprint(relay_key(Path(sys.argv[1])).hex())"
    command = [sys.executable, "-c", code, str(tmp_path / "relay.key")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(3)]
    assert len({process.communicate()[0] for process in started}) == 1


@pytest.mark.parametrize(
    ("mode", "content", "said"),
    [(0o644, "ab" * 32, "others may read it"), (0o600, "ab", "no key"), (0o600, "xy", "no key")],
)
def test_a_key_that_others_may_read_or_that_is_none_is_refused(tmp_path, mode, content, said):
    path = tmp_path / "relay.key"
    path.write_text(content)
    path.chmod(mode)
    with pytest.raises(RelayError, match=said) as refusal:
        relay_key(path)
    assert content not in str(refusal.value)
