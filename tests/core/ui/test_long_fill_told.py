"""Whoever waits for a page because the index of runs is being filled is told so in it."""

from __future__ import annotations

import re
from threading import Thread

from streamlit.runtime.scriptrunner_utils.script_run_context import in_cached_function

from core.store.long_fill import LongFill
from core.ui.long_fill_told import long_fill_told


class Place:
    """What stands at one place of a page."""

    def __init__(self) -> None:
        self.words = ""

    def caption(self, words: str) -> None:
        self.words = words

    def empty(self) -> None:
        self.words = ""


def _fill(n_entered: int = 1000) -> None:
    LongFill(4000, quiet_s=0.0).entered(n_entered)


def test_a_filling_is_told_until_the_page_is_drawn() -> None:
    place = Place()
    with long_fill_told(place):
        assert place.words == ""
        _fill()
        told = (
            r"The index of runs is filled from the run folders, once: 1,000 of 4,000 are entered, about \d+ s are left"
        )
        assert re.fullmatch(told, place.words)
    assert place.words == ""
    _fill()
    assert place.words == ""


def test_another_pages_filling_is_not_this_ones() -> None:
    place = Place()
    with long_fill_told(place):
        other = Thread(target=_fill)
        other.start()
        other.join()
        assert place.words == ""


def test_a_cached_function_draws_nothing() -> None:
    place = Place()
    token = in_cached_function.set(True)
    with long_fill_told(place):
        _fill()
        assert place.words == ""
    in_cached_function.reset(token)
