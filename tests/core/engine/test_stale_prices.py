"""Closes that stand still, ticker by ticker."""

import pandas as pd

from core.engine.stale_prices import STALE_BARS, stale_prices


def panel_of(closes):
    times = pd.date_range("2024-01-01", periods=max(map(len, closes.values())), tz="UTC")
    rows = {(time, name): price for name, held in closes.items() for time, price in zip(times, held, strict=False)}
    index = pd.MultiIndex.from_tuples(rows, names=["timestamp", "ticker"])
    return pd.DataFrame({"close": [float(price) for price in rows.values()]}, index=index).sort_index()


def test_only_runs_of_one_ticker_s_own_bars_count():
    moving = [1, 2, 3, 4, 5, 6, 7, 8]
    still = [9, 9, 9, 9, 9, 9, 1, 2]
    short = [3, 3, 3, 3, 4, 4, 4, 4]
    found = stale_prices(panel_of({"AAA": moving, "BBB": still, "CCC": short}))
    assert found.to_dict("records") == [
        {"timestamp": pd.Timestamp("2024-01-01", tz="UTC"), "ticker": "BBB", "close": 9.0, "n_bars": 6}
    ]


def test_tickers_of_one_price_are_not_one_run_and_runs_come_by_time():
    found = stale_prices(panel_of({"AAA": [1, 2, *[5] * STALE_BARS], "BBB": [5] * (STALE_BARS + 2)}))
    assert found["ticker"].tolist() == ["BBB", "AAA"]
    assert found["n_bars"].tolist() == [STALE_BARS + 2, STALE_BARS]


def test_a_lone_ticker_that_moves_stands_nowhere():
    assert stale_prices(panel_of({"AAA": [1, 2, 1, 2, 1, 2, 1]})).empty
