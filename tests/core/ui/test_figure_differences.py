"""How far a figure lies from another, as a person reads it."""

import math

import pytest

from core.ui.figures import shown_difference


@pytest.mark.parametrize(
    ("name", "value", "first", "shown"),
    [
        ("cagr", 0.1, 0.075, "+2.50 pp"),
        ("max_drawdown", -0.5, -0.25, "\N{MINUS SIGN}25.00 pp"),
        ("always_1x.cagr", 0.1, 0.075, "+2.50 pp"),
        ("sharpe", 1.0, 1.25, "\N{MINUS SIGN}0.25"),
        ("final_equity", 101_000.4, 100_000.0, "+1,000"),
        ("auc", 0.5123, 0.5, "+0.0123"),
    ],
)
def test_a_difference_has_its_sign_and_the_figures_own_unit(name, value, first, shown):
    assert shown_difference(name, value, first) == shown


@pytest.mark.parametrize(
    ("name", "value", "first"),
    [
        ("sharpe", 1.0, 1.0),
        ("sharpe", None, 1.0),
        ("sharpe", 1.0, None),
        ("sharpe", math.nan, 1.0),
        ("sharpe", math.inf, math.inf),
        ("is_ruined", 1.0, 0.0),
    ],
)
def test_where_nothing_can_be_told_nothing_is(name, value, first):
    assert shown_difference(name, value, first) == ""
