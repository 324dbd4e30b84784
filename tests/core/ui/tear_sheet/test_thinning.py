"""Long series keep their peaks, their troughs and both ends."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as some

from core.ui.tear_sheet.thinning import thinned, thinning_note


def test_a_short_series_is_drawn_whole():
    table = pd.DataFrame({"a": np.arange(100.0)})
    assert thinned(table, ("a",)) is table
    assert thinning_note(100) == ""


@settings(max_examples=25, deadline=None)
@given(some.integers(0, 2**32 - 1), some.integers(4001, 20_000))
def test_extremes_and_ends_stay_and_the_order_too(seed, n_rows):
    random = np.random.default_rng(seed)
    table = pd.DataFrame({"a": random.normal(size=n_rows), "b": random.normal(size=n_rows)})
    kept = thinned(table, ("a", "b"))
    assert len(kept) <= 4100
    assert kept.index.is_monotonic_increasing
    assert {0, n_rows - 1} <= set(kept.index)
    for name in ("a", "b"):
        assert (kept[name].min(), kept[name].max()) == (table[name].min(), table[name].max())


def test_a_million_rows_become_thousands_and_it_is_said():
    values = np.sin(np.arange(1_000_000) / 1000.0)
    values[:200_000] = np.nan
    kept = thinned(pd.DataFrame({"a": values}), ("a",))
    assert len(kept) < 4100
    assert "1,000,000 bars" in thinning_note(1_000_000)
