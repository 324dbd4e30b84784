"""Equal data, equal digests; other data, other digests."""

import hashlib
import struct
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import DataError
from core.engine.fingerprint import data_fingerprint


def frame() -> pd.DataFrame:
    days = pd.date_range("2004-03-01", periods=2, freq="D", tz="UTC", unit="us")
    index = pd.MultiIndex.from_product([days, ["AAPL", "IBM"]], names=["timestamp", "ticker"])
    return pd.DataFrame({"close": [1.0, 2.0, np.nan, 0.0], "volume": [5.0, 6.0, 7.0, 8.0]}, index=index)


def test_the_digest_is_the_sha256_of_bytes_that_can_be_written_by_hand() -> None:
    table = pd.DataFrame({"x": [1.5]}, index=pd.Index([7], name="row"))
    by_hand = hashlib.sha256(b"rows 1;")
    for label, data in (
        ("index row integer", struct.pack("<q", 7)),
        ("positions integer", struct.pack("<q", 0)),
        ("column x number", struct.pack("<d", 1.5)),
    ):
        by_hand.update(f"{label} 8;".encode() + data)
    assert data_fingerprint(table) == by_hand.hexdigest()


@pytest.mark.parametrize(
    "same",
    [
        lambda table: table[["volume", "close"]],
        lambda table: table.replace(0.0, -0.0),
        lambda table: table.set_axis(table.index.set_levels(table.index.levels[0].as_unit("ns"), level=0)),
        lambda table: table.set_axis(table.index.set_levels(table.index.levels[1].astype(object), level=1)),
        lambda table: pd.concat([table, table.rename(index={"IBM": "ZZZ"})]).iloc[:4],
        lambda table: pd.DataFrame({"close": table["close"].to_numpy()[::1], "volume": table["volume"]}),
    ],
)
def test_how_equal_data_are_stored_does_not_matter(same: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    assert data_fingerprint(same(frame())) == data_fingerprint(frame())


@pytest.mark.parametrize(
    "other",
    [
        lambda table: table.iloc[::-1],
        lambda table: table.iloc[:3],
        lambda table: table.rename(columns={"close": "open"}),
        lambda table: table.rename(index={"IBM": "IBN"}),
        lambda table: table.rename_axis(index=["time", "ticker"]),
        lambda table: table.set_axis(table.index.set_levels(table.index.levels[0] + pd.Timedelta("1us"), level=0)),
        lambda table: table.assign(close=table["close"].fillna(0.0)),
        lambda table: table.assign(close=np.nextafter(table["close"], 9.0)),
        lambda table: table.assign(close=table["volume"], volume=table["close"]),
    ],
)
def test_other_data_have_another_digest(other: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    assert data_fingerprint(other(frame())) != data_fingerprint(frame())


@settings(deadline=None, max_examples=50)
@given(
    values=st.lists(st.floats(allow_nan=False), min_size=1, max_size=8),
    row=st.integers(0, 7),
    value=st.floats(allow_nan=False),
)
def test_changing_one_value_changes_the_digest(values: list[float], row: int, value: float) -> None:
    changed = list(values)
    changed[row % len(values)] = value
    same = data_fingerprint(pd.DataFrame({"x": changed})) == data_fingerprint(pd.DataFrame({"x": values}))
    assert same == (changed == values)


def test_texts_booleans_and_times_have_a_fingerprint() -> None:
    table = frame().assign(name=["a", "b", "cc", ""], flag=[True, False, True, True], end=pd.Timestamp("2004-03-05"))
    assert data_fingerprint(table) != data_fingerprint(table.assign(name=["a", "bc", "c", ""]))
    assert data_fingerprint(table) != data_fingerprint(table.assign(flag=True))


def test_what_is_neither_number_nor_time_nor_text_is_refused() -> None:
    with pytest.raises(DataError, match="column odd has dtype object, which has no fingerprint"):
        data_fingerprint(pd.DataFrame({"odd": [{1}, {2}]}))
