"""The relay's document tells every frame, code and limit."""

import re
from pathlib import Path

import pytest

from core.relay.limits import RelayLimits

REPOSITORY = Path(__file__).parents[3]
DOCUMENT = (REPOSITORY / "docs" / "relay.md").read_text(encoding="utf-8")
SOURCE = "".join(path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "core" / "relay").glob("*.py")))
CODES = sorted(set(re.findall(r'(?:FrameError|TokenError)\(\s*"(\w+)"', SOURCE)))
FRAMES = sorted(set(re.findall(r'"frame": "(\w+)"', SOURCE)))


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_documented(code):
    assert re.search(rf"^\|.*`{code}`.*\|$", DOCUMENT, re.MULTILINE)


@pytest.mark.parametrize("frame", FRAMES)
def test_every_frame_has_an_example(frame):
    assert f'{{"frame":"{frame}"' in DOCUMENT


@pytest.mark.parametrize("name", RelayLimits.model_fields)
def test_every_limit_is_documented(name):
    assert f"| `{name}` |" in DOCUMENT


def test_there_are_codes_and_frames_to_look_for():
    assert {"hole", "too_fast", "token_expired"} <= set(CODES)
    assert {"hello", "batch", "gap"} <= set(FRAMES)
