"""What looks odd in prices, row by row."""

import numpy as np
import pandas as pd
import pytest

from core.engine.price_findings import FINDING_KINDS, STALE_BARS, price_findings

COLUMNS = ["timestamp", "ticker", "finding", "value", "detail"]


def panel_of(closes: dict[str, list[float]], volume: dict[str, list[float]] | None = None) -> pd.DataFrame:
    n_bars = len(next(iter(closes.values())))
    days = pd.date_range("2004-03-01", periods=n_bars, freq="D", tz="UTC", unit="us")
    index = pd.MultiIndex.from_product([days, sorted(closes)], names=["timestamp", "ticker"])
    close = np.column_stack([closes[ticker] for ticker in sorted(closes)]).astype(float).ravel()
    panel = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), close), index=index)
    traded = np.column_stack([(volume or {}).get(ticker, [5.0] * n_bars) for ticker in sorted(closes)])
    return panel.assign(volume=traded.astype(float).ravel())


def wobble(n_bars: int, level: float = 100.0) -> list[float]:
    """About 1 % up and down, no two closes in a row alike."""
    return [level * (1.0 + 0.01 * (bar % 2) + 0.001 * (bar % 3)) for bar in range(n_bars)]


def found(panel: pd.DataFrame, kind: str) -> list[tuple[str, str, float]]:
    table = price_findings(panel)
    rows = table[table["finding"] == kind]
    return [(f"{row.timestamp:%Y-%m-%d}", row.ticker, row.value) for row in rows.itertuples()]


def test_calm_prices_have_no_finding_and_keep_the_columns():
    table = price_findings(panel_of({"AAA": wobble(40)}))
    assert table.empty
    assert list(table.columns) == COLUMNS


def test_a_jump_of_a_third_among_moves_of_one_percent_is_an_outlier_with_its_return():
    closes = wobble(40)
    closes[20:] = [close * 1.3 for close in closes[20:]]
    ((day, ticker, value),) = found(panel_of({"AAA": closes, "BBB": wobble(40)}), "outlier_return")
    assert (day, ticker) == ("2004-03-21", "AAA")
    assert value == pytest.approx(closes[20] / closes[19] - 1.0)


def test_a_ticker_is_measured_against_its_own_moves():
    wild = [100.0 * (1.3 if bar % 2 else 1.0) for bar in range(40)]
    assert found(panel_of({"AAA": wobble(40), "WILD": wild}), "outlier_return") == []


@pytest.mark.parametrize(("bars_alike", "count"), [(STALE_BARS, 1), (STALE_BARS - 1, 0)])
def test_a_close_that_stands_still_long_enough_is_one_finding_at_its_first_bar(bars_alike, count):
    closes = wobble(40)
    closes[10 : 10 + bars_alike] = [77.0] * bars_alike
    stale = found(panel_of({"AAA": closes}), "stale_price")
    assert stale == [("2004-03-11", "AAA", float(bars_alike))] * count


def test_two_tickers_with_one_price_are_not_stale_together():
    panel = panel_of({"AAA": [*wobble(6), 50.0, 50.0, 50.0], "BBB": [50.0, 50.0, 50.0, *wobble(6)]})
    assert found(panel, "stale_price") == []


def test_a_bar_without_volume_is_found_unless_the_ticker_never_has_any():
    volume = {"AAA": [5.0, 0.0, *[5.0] * 8], "INDEX": [0.0] * 10}
    panel = panel_of({"AAA": wobble(10), "INDEX": wobble(10)}, volume)
    assert found(panel, "zero_volume") == [("2004-03-02", "AAA", 0.0)]


def test_a_jump_that_resembles_a_split_bears_its_ratio():
    closes = wobble(40)
    closes[20:] = [close / 2.0 for close in closes[20:]]
    ((day, ticker, value),) = found(panel_of({"AAA": closes}), "looks_like_split")
    assert (day, ticker) == ("2004-03-21", "AAA")
    assert value == pytest.approx(2.0, rel=0.02)


def test_a_price_far_from_both_closes_beside_it_bears_the_price_and_is_no_split():
    closes = wobble(40)
    closes[20] *= 100.0
    panel = panel_of({"AAA": closes, "BBB": wobble(40)})
    assert found(panel, "price_spike") == [("2004-03-21", "AAA", closes[20])]
    assert found(panel, "looks_like_split") == []
    table = price_findings(panel)
    (detail,) = table.loc[table["finding"] == "price_spike", "detail"]
    assert detail == f"A price of {closes[20]:,.8g} between closes of {closes[19]:,.8g} and {closes[21]:,.8g}."


def test_a_gap_is_one_finding_that_counts_its_bars():
    panel = panel_of({"AAA": wobble(10), "BBB": wobble(10)})
    lacking = panel.drop([row for row in panel.index[6:12] if row[1] == "BBB"])
    assert found(lacking, "missing_bars") == [("2004-03-04", "BBB", 3.0)]


def test_findings_are_sorted_by_time_and_say_what_they_are_in_a_sentence():
    closes = wobble(40)
    closes[20:] = [close / 2.0 for close in closes[20:]]
    closes[5:12] = [99.0] * 7
    table = price_findings(panel_of({"AAA": closes}))
    assert table["timestamp"].is_monotonic_increasing
    assert set(table["finding"]) <= set(FINDING_KINDS)
    assert table["detail"].str.endswith(".").all()
    assert len(table) >= 3
