"""What a pretrained model knew before its training."""

from datetime import date

import pandas as pd
import pytest

from core.base.errors import DataError
from core.engine.learned_elsewhere import LearnedElsewhere, is_pretrained, learned_with
from core.engine.learned_span import LearnedSpan
from plugins.models.linear import Linear
from plugins.models.onnx import Onnx

FIRST = date(2020, 1, 2)
INDEX = pd.MultiIndex.from_product(
    [pd.to_datetime(["2020-01-02", "2020-01-03"], utc=True), ["AAA", "BBB"]], names=["timestamp", "ticker"]
)
SPAN = LearnedSpan(pd.Timestamp("2001-02-01", tz="UTC"), pd.Timestamp("2009-12-31", tz="UTC"), 40)
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


def brought(until):
    model = Onnx("onnx", Onnx.Params(path="none.onnx"))
    model.learned_until = until
    return model


@pytest.mark.parametrize(
    ("until", "day", "elsewhere"),
    [
        ("2012-06-01", "2012-06-01", "known"),
        ("2009-03-04T00:00:00+02:00", "2009-12-31", "known"),
        ("", "2009-12-31", "unknown"),
        ("long ago", "2009-12-31", "unknown"),
    ],
)
def test_a_model_has_learned_until_the_later_of_its_training_and_what_it_brought(until, day, elsewhere):
    found = learned_with(SPAN, brought(until))
    assert (f"{found.until:%Y-%m-%d}", found.elsewhere) == (day, elsewhere)
    assert (found.first_bar, found.n_rows) == (SPAN.first_bar, SPAN.n_rows)
    assert learned_with(found, brought(until)) == found


def test_a_model_that_learned_here_adds_nothing_to_its_training():
    assert learned_with(SPAN, Linear("linear", Linear.Params())) == SPAN


def test_a_model_is_pretrained_where_a_part_of_it_is_however_deep():
    class Joined(Linear):
        parts = ()

        def untrained_parts(self):
            return [(type(part).name, part) for part in self.parts]

    inner, outer = Joined("joined", Linear.Params()), Joined("joined", Linear.Params())
    outer.parts = (Linear("linear", Linear.Params()), inner)
    assert not is_pretrained(outer)
    inner.parts = (brought(""),)
    assert is_pretrained(outer)
