"""Any valid panel comes back equal from every source; a changed one is refused or comes back as it was changed."""

import re
import sqlite3
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qlop.testing import make_panel

from core.base.errors import DataError
from core.base.ticker_names import ticker_fault
from core.engine.features import FeaturePipeline
from core.engine.panel import check_panel, panel_arrays
from core.engine.session_gaps import session_gaps
from core.engine.timetable import timetable
from core.plugin.registry import PluginRegistry
from core.store.bar_cache import BarCache
from plugins.data_sources.files import Files
from plugins.data_sources.parquet_lake import ParquetLake
from plugins.data_sources.sql import Sql

PRICES = ["open", "high", "low", "close"]
SOURCES = ("csv", "csv.gz", "parquet", "lake", "folders", "sql")
EXAMPLES = settings(max_examples=20, deadline=None)

tickers = st.text(min_size=1, max_size=12).filter(lambda text: not ticker_fault(text))
prices = st.floats(1e-6, 1e12)


@st.composite
def panels(draw, intraday=None):
    """Panels of up to 4 tickers and 8 times, with holes, with or without events and a rate."""
    names = sorted(draw(st.lists(tickers, min_size=1, max_size=4, unique=True)))
    step = pd.Timedelta(minutes=5) if (draw(st.booleans()) if intraday is None else intraday) else pd.Timedelta(days=1)
    start = pd.Timestamp(draw(st.dates(pd.Timestamp("1900-01-01").date(), pd.Timestamp("2100-01-01").date())), tz="UTC")
    times = [start + step * number for number in range(draw(st.integers(2, 8)))]
    cells = [(time, name) for time in times for name in names]
    kept = draw(st.lists(st.booleans(), min_size=len(cells), max_size=len(cells)))
    cells = [cell for cell, is_kept in zip(cells, kept, strict=True) if is_kept] or cells[:1]
    index = pd.MultiIndex.from_tuples(cells, names=["timestamp", "ticker"])
    index = index.set_levels([index.levels[0].as_unit("us"), index.levels[1].astype("str")])
    rows = [sorted(draw(st.tuples(prices, prices, prices, prices))) for _ in cells]
    panel = pd.DataFrame(rows, columns=["low", "open", "close", "high"], index=index)[PRICES]
    panel["volume"] = draw(st.lists(st.floats(0.0, 1e15), min_size=len(cells), max_size=len(cells)))
    if draw(st.booleans()):
        panel["dividend"] = draw(st.lists(st.floats(0.0, 100.0), min_size=len(cells), max_size=len(cells)))
        panel["split"] = draw(st.lists(st.floats(1e-3, 50.0), min_size=len(cells), max_size=len(cells)))
    if draw(st.booleans()):
        rates = {time: draw(st.floats(-0.5, 2.0)) for time in times}
        panel["risk_free_rate_annual"] = [rates[time] for time, _ in cells]
    return panel


def source_of(kind, folder, panel):
    """Write a panel's rows in the form of a source, and return that source."""
    rows = panel.reset_index()
    path = folder / f"rows.{kind}"
    if kind.startswith("csv"):
        rows.assign(timestamp=rows["timestamp"].astype("str")).to_csv(path, index=False)
    elif kind == "sql":
        text = rows.assign(timestamp=rows["timestamp"].astype("str"))
        with sqlite3.connect(path) as database:
            text.sample(frac=1.0, random_state=1).to_sql("bars", database, index=False)
        database.close()
        return Sql("sql", Sql.Params(sqlite_file=str(path), table="bars", batch_rows=3))
    elif kind == "folders":
        for number, (_, part) in enumerate(rows.groupby(rows.index % 3)):
            (folder / f"part={number}").mkdir()
            part.to_parquet(folder / f"part={number}" / "rows.parquet", index=False)
        return ParquetLake("parquet_lake", ParquetLake.Params(path=str(folder)))
    else:
        path = path.with_suffix(".parquet")
        rows.to_parquet(path, index=False, row_group_size=2)
        if kind == "lake":
            return ParquetLake("parquet_lake", ParquetLake.Params(path=str(path)))
    return Files("files", Files.Params(path=str(path)))


def interval_of(panel):
    return "1d" if (panel.index.levels[0].hour == 0).all() and (panel.index.levels[0].minute == 0).all() else "5m"


def loaded(kind, panel, interval=None):
    with tempfile.TemporaryDirectory() as folder:
        return source_of(kind, Path(folder), panel).load_data(None, None, None, interval or interval_of(panel))


def assert_equal(found, panel):
    found = found.copy()
    found.attrs = {}
    pd.testing.assert_frame_equal(found[list(panel.columns)], panel, check_exact=True)


@pytest.mark.parametrize("kind", SOURCES)
@EXAMPLES
@given(panel=panels())
def test_a_panel_comes_back_equal_from_every_source(kind, panel):
    check_panel(panel, origin="drawn")
    found = loaded(kind, panel)
    assert_equal(found, panel)
    assert set(found.columns) == set(panel.columns)


@EXAMPLES
@given(panel=panels(), chosen=st.data())
def test_a_ticker_alone_is_what_it_is_among_others(panel, chosen):
    name = chosen.draw(st.sampled_from(sorted(panel.index.unique("ticker"))))
    kind = chosen.draw(st.sampled_from(SOURCES))
    with tempfile.TemporaryDirectory() as folder:
        found = source_of(kind, Path(folder), panel).load_data([name], None, None, interval_of(panel))
    own = panel[panel.index.get_level_values("ticker") == name]
    assert list(found.index) == list(own.index)
    np.testing.assert_array_equal(found[PRICES].to_numpy(), own[PRICES].to_numpy())


BAD = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -1.0, 1e-320, 1e300, -0.0, 1.0])


@EXAMPLES
@given(panel=panels(intraday=False), chosen=st.data())
def test_a_changed_cell_is_refused_or_comes_back_as_it_was_changed(panel, chosen):
    row, column = chosen.draw(st.integers(0, len(panel) - 1)), chosen.draw(st.sampled_from(list(panel.columns)))
    changed = panel.copy()
    changed.iloc[row, changed.columns.get_loc(column)] = value = chosen.draw(BAD)
    kind = chosen.draw(st.sampled_from(SOURCES))
    if column == "split" and value == 0.0:
        changed.iloc[row, changed.columns.get_loc(column)] = 1.0  # as Yahoo writes that there is none
    if np.isnan(value) and column in {"dividend", "split"}:
        # An empty cell of an event means that there is none.
        changed.iloc[row, changed.columns.get_loc(column)] = {"dividend": 0.0, "split": 1.0}[column]
    if is_refused(changed):
        with pytest.raises(
            DataError, match="risk_free_rate_annual" if "rate" in column else re.escape(panel.index[row][1])
        ):
            loaded(kind, changed)
    else:
        assert_equal(loaded(kind, changed), changed)


def is_refused(panel):
    try:
        check_panel(panel, origin="changed")
    except DataError:
        return True
    return False


@EXAMPLES
@given(panel=panels(), chosen=st.data())
def test_rows_twice_or_out_of_order_are_refused_where_order_is_promised(panel, chosen):
    rows = panel.reset_index()
    first, second = chosen.draw(st.tuples(*[st.integers(0, len(rows) - 1)] * 2))
    twice = pd.concat([rows, rows.iloc[[first]]]).set_index(["timestamp", "ticker"])
    for kind in ("csv", "parquet", "lake", "sql"):
        with pytest.raises(DataError, match=r"appears twice|follows its bar"):
            loaded(kind, twice, interval_of(panel))
    order = list(range(len(rows)))
    order[first], order[second] = order[second], order[first]
    swapped = rows.iloc[order].set_index(["timestamp", "ticker"])
    moves_back = swapped.groupby(level="ticker").apply(lambda own: own.index.is_monotonic_increasing)
    if moves_back.all():
        assert_equal(loaded("csv", swapped, interval_of(panel)), panel)
    else:
        with pytest.raises(DataError, match="follows its bar"):
            loaded("csv", swapped, interval_of(panel))


@EXAMPLES
@given(panel=panels())
def test_a_panel_comes_back_from_the_cache_and_from_dense_arrays(panel):
    rows = panel.reset_index()
    with tempfile.TemporaryDirectory() as folder:
        cache = BarCache(Path(folder), limit_bytes=10**8)
        key = {"tickers": list(panel.index.unique("ticker")), "interval": interval_of(panel)}
        cache.keep(key, rows)
        pd.testing.assert_frame_equal(cache.read(key), rows, check_exact=True)
    arrays = panel_arrays(panel)
    at = arrays.locate(panel.index)
    for column in (*PRICES, "volume"):
        np.testing.assert_array_equal(getattr(arrays, column)[at], panel[column].to_numpy())
    assert arrays.has_bar.sum() == len(panel)


@EXAMPLES
@given(panel=panels(), calendar=st.sampled_from([None, "XNYS", "24/7"]))
def test_what_is_missing_lies_between_a_ticker_s_bars_and_is_not_there(panel, calendar):
    gaps = session_gaps(panel, timetable(panel, interval_of(panel), calendar))
    times = panel.reset_index().groupby("ticker")["timestamp"]
    assert not gaps.duplicated().any()
    for time, ticker in zip(gaps["timestamp"], gaps["ticker"], strict=True):
        assert (time, ticker) not in panel.index
        assert times.min()[ticker] < time < times.max()[ticker]


REGISTRY = PluginRegistry()
STEPS = sorted(plugin.name for plugin in REGISTRY.list("feature_steps"))


def step_of(name):
    plugin = REGISTRY.load("feature_steps", name)
    needed = {"cross_sectional_rank": {"column": "noise"}}
    return plugin(name, plugin.Params.model_validate(needed.get(name, {})))


@pytest.mark.parametrize("name", STEPS)
@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    missing=st.sampled_from([0.0, 0.1, 0.5]),
    staggered=st.booleans(),
    n_later=st.integers(1, 60),
)
def test_a_feature_does_not_change_when_later_bars_come(name, seed, missing, staggered, n_later):
    panel = make_panel(n_bars=160, n_tickers=3, seed=seed, missing=missing, staggered=staggered)
    random = np.random.default_rng(seed)
    panel["noise"] = np.where(random.random(len(panel)) < 0.3, np.nan, random.normal(size=len(panel)))
    times = panel.index.unique("timestamp")
    early = panel[panel.index.get_level_values("timestamp") < times[-n_later]]
    early.index = early.index.remove_unused_levels()
    step = step_of(name)
    pipeline = FeaturePipeline([step]).fit(early)
    whole, before = pipeline.transform(panel), pipeline.transform(early)
    pd.testing.assert_frame_equal(whole.loc[before.index], before, rtol=1e-9, atol=1e-12)
