"""What a pretrained model knew before its training."""

from datetime import date

import pandas as pd
import pytest

from core.base.errors import DataError
from core.engine.learned_elsewhere import LearnedElsewhere

FIRST = date(2020, 1, 2)
INDEX = pd.MultiIndex.from_product(
    [pd.to_datetime(["2020-01-02", "2020-01-03"], utc=True), ["AAA", "BBB"]], names=["timestamp", "ticker"]
)
PREDICTIONS = pd.DataFrame({"p_up": 0.5}, index=INDEX)


@pytest.mark.parametrize(
    ("until", "day", "is_test"),
    [
        ("2020-01-01T00:00:00+00:00", date(2020, 1, 1), True),
        ("2020-01-02T00:00:00+00:00", date(2020, 1, 2), False),
        ("", None, False),
        ("the day before yesterday", None, False),
    ],
)
def test_only_bars_after_those_that_it_learned_from_test_a_model(until, day, is_test):
    found = LearnedElsewhere.said(until, PREDICTIONS)
    assert found == LearnedElsewhere(day, FIRST)
    assert found.is_test is is_test
    assert bool(found.warning()) is not is_test
    assert LearnedElsewhere.from_json(found.to_json()) == found


def test_a_model_that_learned_here_brought_nothing():
    assert LearnedElsewhere.said(None, PREDICTIONS) is None


@pytest.mark.parametrize("raw", [{}, {"until": None}, {"until": "soon", "first_bar": "2020-01-02"}])
def test_what_qlop_does_not_write_is_refused(raw):
    with pytest.raises(DataError, match=r"learned_elsewhere\.json holds .*2020-01-31"):
        LearnedElsewhere.from_json(raw)
