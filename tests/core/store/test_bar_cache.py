"""Bars that are kept by their content: whole or not at all, whoever else writes, and within a limit."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import core
from core.base.errors import StoreError
from core.store.bar_cache import BarCache

PLENTY = 10_000_000


def bars(seed, n_rows=50):
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "timestamp": pd.date_range("2024-01-01", periods=n_rows, tz="UTC").as_unit("us"),
            "close": random.random(n_rows),
            "volume": random.integers(0, 9, n_rows).astype("float64"),
        }
    )


def key(ticker):
    return {"source": "somewhere", "ticker": ticker, "interval": "1d"}


def objects_in(folder):
    return sorted((folder / "objects").glob("*.parquet"))


KEEP_MANY = """
import sys
from pathlib import Path
import pandas as pd
from core.store.bar_cache import BarCache

cache = BarCache(Path(sys.argv[1]), limit_bytes=10_000_000)
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 20):
    for ticker in ("SHARED", f"T{number}"):
        cache.keep({"source": "somewhere", "ticker": ticker, "interval": "1d"}, pd.DataFrame({"close": [float(number)]}))
"""


def test_what_is_kept_is_read_back_the_same_with_its_attrs(tmp_path):
    kept = bars(1)
    kept.loc[3, "close"] = np.nan
    kept.attrs = {"covered": ["2024-01-01", None]}
    BarCache(tmp_path, limit_bytes=PLENTY).keep(key("AAPL"), kept)
    read = BarCache(tmp_path, limit_bytes=PLENTY).read(key("AAPL"))
    pd.testing.assert_frame_equal(read, kept, check_exact=True)
    assert read.attrs == kept.attrs


def test_a_key_that_differs_anywhere_is_another_key(tmp_path):
    cache = BarCache(tmp_path, limit_bytes=PLENTY)
    cache.keep(key("AAPL"), bars(1))
    assert cache.read({**key("AAPL"), "interval": "1h"}) is None
    assert cache.read(dict(reversed(key("AAPL").items()))) is not None


def test_an_object_bears_the_sha256_of_its_bytes(tmp_path):
    cache = BarCache(tmp_path, limit_bytes=PLENTY)
    cache.keep(key("AAPL"), bars(1))
    cache.keep(key("AAPL"), bars(1))
    (path,) = objects_in(tmp_path)
    assert path.stem == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_key_that_drops_its_frame_drops_no_other_keys_equal_one(tmp_path):
    cache = BarCache(tmp_path, limit_bytes=PLENTY)
    cache.keep(key("AAPL"), bars(1))
    cache.keep(key("COPY"), bars(1))
    cache.keep(key("AAPL"), bars(2))
    pd.testing.assert_frame_equal(cache.read(key("COPY")), bars(1), check_exact=True)


def test_an_entry_that_leads_to_another_keys_object_is_not_believed(tmp_path):
    cache = BarCache(tmp_path, limit_bytes=PLENTY)
    cache.keep(key("AAPL"), bars(1))
    (entry,) = (tmp_path / "index").iterdir()
    cache.keep(key("IBM"), bars(2))
    (other,) = [path for path in (tmp_path / "index").iterdir() if path != entry]
    entry.write_bytes(other.read_bytes())
    assert cache.read(key("AAPL")) is None


def test_the_frame_before_is_removed_with_its_object(tmp_path):
    cache = BarCache(tmp_path, limit_bytes=PLENTY)
    cache.keep(key("AAPL"), bars(1))
    cache.keep(key("AAPL"), bars(2))
    assert len(objects_in(tmp_path)) == 1
    pd.testing.assert_frame_equal(cache.read(key("AAPL")), bars(2), check_exact=True)


@pytest.mark.parametrize("ticker", ["../x", "..%2f", "=cmd()", "CON", "\u202eLPAA", "x" * 10_000, "nul\0"])
def test_no_ticker_reaches_a_file_name(tmp_path, ticker):
    cache = BarCache(tmp_path / "cache", limit_bytes=PLENTY)
    cache.keep(key(ticker), bars(1))
    assert cache.read(key(ticker)) is not None
    names = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert {len(name.partition(".")[0]) for name in names} == {64}


@pytest.mark.parametrize("damage", [b"", b"PAR1 and no more", None])
def test_a_damaged_or_missing_object_counts_as_not_kept_and_can_be_kept_again(tmp_path, damage):
    cache = BarCache(tmp_path, limit_bytes=PLENTY)
    cache.keep(key("AAPL"), bars(1))
    (path,) = objects_in(tmp_path)
    path.unlink() if damage is None else path.write_bytes(damage)
    assert cache.read(key("AAPL")) is None
    assert objects_in(tmp_path) == []
    cache.keep(key("AAPL"), bars(1))
    pd.testing.assert_frame_equal(cache.read(key("AAPL")), bars(1), check_exact=True)


def test_one_flipped_bit_is_noticed(tmp_path):
    cache = BarCache(tmp_path, limit_bytes=PLENTY)
    cache.keep(key("AAPL"), bars(1))
    (path,) = objects_in(tmp_path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert cache.read(key("AAPL")) is None


@pytest.mark.parametrize("entry", ["", "[]", "{}", '{"object": 3}', '{"object": "../../secret"}', "[" * 100_000])
def test_a_damaged_index_entry_counts_as_not_kept_and_leads_nowhere_else(tmp_path, entry):
    (tmp_path / "secret").write_bytes(b"secret")
    cache = BarCache(tmp_path / "bars", limit_bytes=PLENTY)
    cache.keep(key("AAPL"), bars(1))
    (index,) = (tmp_path / "bars" / "index").glob("*.json")
    index.write_text(entry)
    assert cache.read(key("AAPL")) is None
    assert (tmp_path / "secret").read_bytes() == b"secret"
    cache.keep(key("AAPL"), bars(2))
    pd.testing.assert_frame_equal(cache.read(key("AAPL")), bars(2), check_exact=True)


def test_the_index_shows_a_person_which_key_is_meant(tmp_path):
    BarCache(tmp_path, limit_bytes=PLENTY).keep(key("AAPL"), bars(1))
    (index,) = (tmp_path / "index").glob("*.json")
    assert json.loads(index.read_text())["key"] == key("AAPL")


def test_beyond_the_limit_what_was_used_longest_ago_goes(tmp_path):
    BarCache(tmp_path, limit_bytes=PLENTY).keep(key("A"), bars(0))
    size = objects_in(tmp_path)[0].stat().st_size
    cache = BarCache(tmp_path, limit_bytes=int(4.5 * size))
    for place, ticker in enumerate("ABCD"):
        cache.keep(key(ticker), bars(place))
    for age, ticker in enumerate("DCBA"):
        (entry,) = [
            path for path in (tmp_path / "index").iterdir() if json.loads(path.read_text())["key"] == key(ticker)
        ]
        path = tmp_path / "objects" / json.loads(entry.read_text())["object"]
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    cache.read(key("A"))
    cache.keep(key("E"), bars(9))
    assert [ticker for ticker in "ABCDE" if cache.read(key(ticker)) is not None] == ["A", "C", "D", "E"]
    assert len(list((tmp_path / "index").iterdir())) == 4


def test_a_frame_above_the_limit_is_not_kept(tmp_path):
    cache = BarCache(tmp_path, limit_bytes=0)
    cache.keep(key("A"), bars(0))
    assert cache.read(key("A")) is None
    assert list(tmp_path.iterdir()) == []


def test_several_processes_at_once_leave_every_key_with_a_whole_frame(tmp_path):
    program = [sys.executable, "-c", KEEP_MANY, str(tmp_path)]
    workers = [subprocess.Popen([*program, first], cwd=Path(core.__file__).parents[1]) for first in ("0", "10")]
    assert [worker.wait() for worker in workers] == [0, 0]
    cache = BarCache(tmp_path, limit_bytes=PLENTY)
    for number in range(30):
        assert cache.read(key(f"T{number}"))["close"].tolist() == [float(number)]
    assert list(tmp_path.rglob("*.tmp")) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cache folder .*file.*QLOP_CACHE_DIR"):
        BarCache(tmp_path / "file", limit_bytes=PLENTY).keep(key("A"), bars(0))
    assert BarCache(tmp_path / "file", limit_bytes=PLENTY).read(key("A")) is None


def test_attrs_that_are_no_json_are_refused(tmp_path):
    frame = bars(1)
    frame.attrs = {"source": object()}
    with pytest.raises(StoreError, match="no JSON form"):
        BarCache(tmp_path, limit_bytes=PLENTY).keep(key("A"), frame)
