"""Tickers whose history is too short."""

import pandas as pd
import pytest

from core.base.errors import DataError
from core.engine.history import leave_out_short_histories


def panel_of(bars: dict[str, int]) -> pd.DataFrame:
    days = pd.date_range("2004-03-01", periods=max(bars.values()), freq="D", tz="UTC", unit="us")
    rows = [(day, ticker) for ticker, n_bars in bars.items() for day in days[-n_bars:]]
    index = pd.MultiIndex.from_tuples(rows, names=["timestamp", "ticker"])
    return pd.DataFrame({"close": 1.0}, index=index).sort_index()


def test_short_histories_are_left_out_and_named_with_their_bars() -> None:
    panel = panel_of({"AAPL": 5, "FB": 2, "GOOG": 3})
    kept, left_out = leave_out_short_histories(panel, 3)
    assert left_out == {"FB": 2}
    assert sorted(kept.index.get_level_values("ticker").unique()) == ["AAPL", "GOOG"]
    assert len(kept) == 8
    assert kept.index.is_monotonic_increasing


def test_zero_keeps_every_ticker_and_the_panel_itself() -> None:
    panel = panel_of({"AAPL": 5, "FB": 1})
    kept, left_out = leave_out_short_histories(panel, 0)
    assert kept is panel
    assert left_out == {}


def test_leaving_out_every_ticker_is_refused_with_the_longest_named() -> None:
    with pytest.raises(DataError, match=r"min_history_bars is 6, and none of the 2 tickers.*AAPL with 5 bars"):
        leave_out_short_histories(panel_of({"AAPL": 5, "FB": 2}), 6)
