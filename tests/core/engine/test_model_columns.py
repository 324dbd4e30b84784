"""A model gets the columns that it was trained on, or an error that says what differs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError
from core.engine.model_columns import checked_features, classes_of, probability_column


@pytest.mark.parametrize(
    ("label", "column"), [(1.0, "probability_1"), (-1.0, "probability_-1"), (0.5, "probability_0.5")]
)
def test_probability_columns_are_named_after_their_class(label: float, column: str) -> None:
    assert probability_column(label) == column


def test_classes_are_ascending_and_distinct() -> None:
    assert classes_of(pd.Series([1.0, -1.0, 1.0, 0.0])) == (-1.0, 0.0, 1.0)


def test_features_become_float64_with_nan_kept() -> None:
    values = checked_features(pd.DataFrame({"a": [1, 2], "b": [np.nan, 0.5]}), ["a", "b"], "ridge")
    assert values.dtype == np.float64
    assert np.isnan(values[0, 1])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["a"], "'ridge' lacks 1 of its 2 feature columns, first 'b'"),
        (["a", "b", "c"], "was given 1 feature columns that it does not know, first 'c'"),
        (["b", "a"], r"in the order \['a', 'b'\], but was given \['b', 'a'\]"),
    ],
)
def test_other_columns_are_refused(columns: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        checked_features(pd.DataFrame(0.0, index=[0], columns=columns), ["a", "b"], "ridge")


def test_an_infinite_value_is_refused_with_its_place() -> None:
    with pytest.raises(DataError, match="Feature 'b' is -inf at 7"):
        checked_features(pd.DataFrame({"a": [1.0], "b": [-np.inf]}, index=[7]), ["a", "b"], "ridge")
