"""A value of a wrong type is told once by its field: by the check, and by the form itself before the check."""

from typing import Literal

import qlop


class Settings(qlop.Params):
    kind: Literal["level", "change"] = "level"


def told(drawn) -> list[str]:
    return [text for text in drawn.texts if "log" in text]


def test_a_checked_value_has_the_words_of_the_check_alone(form):
    drawn = form(Settings, initial={"kind": "log"})
    assert len(told(drawn)) == 1
    assert "does not fit here" in told(drawn)[0]
    drawn.check()
    assert len(told(drawn)) == 1
    assert "does not fit here" not in told(drawn)[0]
