from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import PurePosixPath

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from core.base.errors import StoreError
from core.base.events import RunState
from core.store.json_form import json_text, json_value

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


@settings(max_examples=100, deadline=None)
@given(_VALUES)
def test_plain_values_read_back_equal(value: object) -> None:
    assert json.loads(json_text(value)) == value


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(), st.floats(allow_nan=False), min_size=2, max_size=6))
def test_the_order_of_keys_does_not_matter(value: dict[str, float]) -> None:
    backwards = dict(reversed(list(value.items())))
    assert json_text(value).encode() == json_text(backwards).encode()


def test_values_without_a_number_are_null() -> None:
    assert json_value([math.nan, math.inf, -math.inf, np.float64("nan"), pd.NaT]) == [None] * 5


def test_numpy_dates_enums_paths_and_models_are_turned() -> None:
    class Point(BaseModel):
        x: float

    value = {
        "float": np.float32(0.5),
        "int": np.int64(3),
        "bool": np.bool_(True),
        "array": np.array([[1.0, np.nan]]),
        "date": date(2020, 1, 2),
        "time": datetime(2020, 1, 2, tzinfo=UTC),
        "stamp": pd.Timestamp("2020-01-02", tz="UTC"),
        "enum": RunState.RUNNING,
        "path": PurePosixPath("a/b"),
        "set": {"b", "a"},
        "model": Point(x=1),
    }
    assert json_value(value) == {
        "float": 0.5,
        "int": 3,
        "bool": True,
        "array": [[1.0, None]],
        "date": "2020-01-02",
        "time": "2020-01-02T00:00:00+00:00",
        "stamp": "2020-01-02T00:00:00+00:00",
        "enum": "running",
        "path": "a/b",
        "set": ["a", "b"],
        "model": {"x": 1.0},
    }


def test_a_float_is_the_shortest_text_that_reads_back_equal() -> None:
    assert json_text({"a": 0.1, "b": np.float64(1e22), "c": 1 / 3}) == (
        '{\n  "a": 0.1,\n  "b": 1e+22,\n  "c": 0.3333333333333333\n}\n'
    )


def test_half_a_surrogate_pair_does_not_stop_a_write() -> None:
    assert json_text("a\udc80").encode() == b'"a\\\\udc80"\n'


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"a": [1, {"b": object()}]}, r"\$\.a\[1\]\.b is a object, which has no JSON form"),
        ({"a": b"raw"}, r"\$\.a is a bytes"),
        ({1: "x"}, r"\$ has the key 1, a int; keys of JSON objects are text"),
    ],
)
def test_what_has_no_json_form_is_refused_with_its_place(value: Mapping[object, object], told: str) -> None:
    with pytest.raises(StoreError, match=told):
        json_text(value)
