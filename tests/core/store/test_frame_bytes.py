"""A frame as bytes that bear their key."""

import numpy as np
import pandas as pd
import pytest

from core.base.errors import StoreError
from core.store.frame_bytes import frame_from_bytes, frame_to_bytes

KEY = {"ticker": "AAPL", "years": [2023, 2024]}
BARS = pd.DataFrame({"timestamp": pd.to_datetime(["2024-01-02"], utc=True).as_unit("us"), "close": [np.nan]})


def test_a_frame_comes_back_for_its_own_key_alone():
    content = frame_to_bytes(BARS, KEY)
    pd.testing.assert_frame_equal(frame_from_bytes(content, KEY), BARS, check_exact=True)
    assert frame_from_bytes(content, {**KEY, "ticker": "IBM"}) is None


def test_equal_frames_give_equal_bytes_and_other_keys_others():
    assert frame_to_bytes(BARS, KEY) == frame_to_bytes(BARS.copy(), dict(KEY))
    assert frame_to_bytes(BARS, KEY) != frame_to_bytes(BARS, {**KEY, "ticker": "IBM"})


def test_the_frame_that_is_given_keeps_its_attrs():
    bars = BARS.copy()
    bars.attrs = {"covered": [None, "2024-01-02"]}
    content = frame_to_bytes(bars, KEY)
    assert bars.attrs == {"covered": [None, "2024-01-02"]}
    assert frame_from_bytes(content, KEY).attrs == bars.attrs


def test_parquet_of_somebody_else_is_none(tmp_path):
    BARS.to_parquet(tmp_path / "bars.parquet")
    assert frame_from_bytes((tmp_path / "bars.parquet").read_bytes(), KEY) is None
    assert frame_from_bytes(b"PAR1", KEY) is None


def test_a_frame_without_a_parquet_form_is_refused():
    with pytest.raises(StoreError, match="cannot be written as Parquet"):
        frame_to_bytes(pd.DataFrame({"mixed": [1, "two", object()]}), KEY)
