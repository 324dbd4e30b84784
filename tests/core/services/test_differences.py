"""What two documents do not share."""

import pytest

from core.services.differences import ABSENT, Difference, differences, side_by_side


def test_equal_documents_have_no_differences():
    document = {"a": {"b": [1, 2]}, "c": None}
    assert differences([document, document]) == ()


def test_a_changed_leaf_is_told_by_its_path():
    first = {"splits": {"train_bars": 1, "test_bars": 2}, "features": [{"name": "mom"}]}
    second = {"splits": {"train_bars": 3, "test_bars": 2}, "features": [{"name": "vol"}]}
    assert differences([first, second]) == (
        Difference("features.0.name", ("mom", "vol")),
        Difference("splits.train_bars", (1, 3)),
    )


def test_what_one_lacks_is_marked_absent():
    assert differences([{"a": 1}, {}]) == (Difference("a", (1, ABSENT)),)


@pytest.mark.parametrize("third", [{"a": 1}, {"a": 2}])
def test_one_difference_among_three_is_enough(third):
    assert differences([{"a": 1}, {"a": 2}, third])


def test_values_side_by_side_are_none_where_one_is_lacking():
    assert side_by_side([{"b": 1.0}, {"a": 2.0, "b": 3.0}]) == (
        Difference("a", (None, 2.0)),
        Difference("b", (1.0, 3.0)),
    )
