"""Numbers as a person reads them."""

import pytest

from core.base.events import RunState
from core.services.text_form import STATE_IN_WORDS, counted, figure


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1e-12, "0"),
        (-9.9e-10, "0"),
        (0.0, "0"),
        (2e-9, "2e-09"),
        (0.12345, "0.1235"),
        (1234.0, "1,234"),
        (float("nan"), "nan"),
        (7, "7"),
        (None, "undefined"),
        ("x", "x"),
    ],
)
def test_a_figure_is_short_and_a_rounding_error_of_zero_is_zero(value, shown):
    assert figure(value) == shown


def test_one_thing_is_singular():
    assert [counted(number, "process", "processes") for number in (0, 1, 2)] == [
        "0 processes",
        "1 process",
        "2 processes",
    ]
    assert counted(1200, "bar") == "1,200 bars"


def test_every_state_follows_the_run():
    assert set(STATE_IN_WORDS) == set(RunState)
