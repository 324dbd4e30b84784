"""Adjusted prices against holders who are simulated share by share."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import DataError
from core.engine.adjustment import adjust_panel
from core.engine.panel import check_panel, panel_arrays
from core.engine.previous_rows import previous_close

Bar = tuple[float, float, float]


def panel_of(bars_by_ticker: dict[str, list[Bar]]) -> pd.DataFrame:
    """Bars are (close, dividend, split), one a day from 2004-03-01; all tickers end on the same day."""
    longest = max(len(bars) for bars in bars_by_ticker.values())
    days = pd.date_range("2004-03-01", periods=longest, freq="D", tz="UTC", unit="us")
    rows = [
        (days[longest - len(bars) + place], ticker, *bar)
        for ticker, bars in bars_by_ticker.items()
        for place, bar in enumerate(bars)
    ]
    table = pd.DataFrame(rows, columns=["timestamp", "ticker", "close", "dividend", "split"])
    panel = table.set_index(["timestamp", "ticker"]).sort_index().astype("float64")
    close = panel["close"]
    return panel.assign(open=close * 0.99, high=close * 1.02, low=close * 0.98, volume=1200.0)


def holders_wealth(bars: list[Bar]) -> list[float]:
    """One share bought at the first close; splits change its number, dividends buy shares at the ex-date's close."""
    shares, wealth = 1.0, [bars[0][0]]
    for close, dividend, split in bars[1:]:
        shares *= split
        shares += shares * dividend / close
        wealth.append(shares * close)
    return wealth


bar = st.tuples(
    st.floats(1.0, 500.0),
    st.one_of(st.just(0.0), st.floats(0.01, 60.0)),
    st.sampled_from([1.0, 1.0, 1.0, 2.0, 1.5, 0.25, 3.0]),
)
histories = st.lists(bar, min_size=2, max_size=12)


@settings(deadline=None, max_examples=100)
@given(first=histories, second=histories)
def test_total_return_prices_return_what_a_holder_who_reinvests_gets(first: list[Bar], second: list[Bar]) -> None:
    adjusted = adjust_panel(panel_of({"AAA": first, "BBB": second}), "total_return")
    for ticker, bars in (("AAA", first), ("BBB", second)):
        close = adjusted["close"].xs(ticker, level="ticker").to_numpy()
        wealth = np.array(holders_wealth(bars))
        np.testing.assert_allclose(close / close[-1], wealth / wealth[-1], rtol=1e-12)
        assert close[-1] == bars[-1][0]


@settings(deadline=None, max_examples=100)
@given(bars=histories)
def test_splits_prices_with_their_dividends_credited_return_the_same(bars: list[Bar]) -> None:
    adjusted = adjust_panel(panel_of({"AAA": bars}), "splits")
    assert "split" not in adjusted.columns
    close, dividend = adjusted["close"].to_numpy(), adjusted["dividend"].to_numpy()
    growth = (close[1:] + dividend[1:]) / close[:-1]
    wealth = np.array(holders_wealth(bars))
    np.testing.assert_allclose(growth, wealth[1:] / wealth[:-1], rtol=1e-12)


@settings(deadline=None, max_examples=100)
@given(bars=histories)
def test_raw_prices_with_splits_and_dividends_credited_return_the_same(bars: list[Bar]) -> None:
    raw = adjust_panel(panel_of({"AAA": bars}), "raw")
    close, dividend, split = (raw[column].to_numpy() for column in ("close", "dividend", "split"))
    growth = split[1:] * (close[1:] + dividend[1:]) / close[:-1]
    adjusted = adjust_panel(panel_of({"AAA": bars}), "total_return")["close"].to_numpy()
    np.testing.assert_allclose(growth, adjusted[1:] / adjusted[:-1], rtol=1e-12)


@settings(deadline=None, max_examples=60)
@given(first=histories, second=histories)
def test_an_adjusted_close_gives_the_same_prices_as_the_events_it_was_made_of(
    first: list[Bar], second: list[Bar]
) -> None:
    panel = panel_of({"AAA": first, "BBB": second})
    from_events = adjust_panel(panel, "total_return")
    known_later = panel.assign(adjusted_close=0.13 * from_events["close"])
    prices = ["open", "high", "low", "close", "volume"]
    pd.testing.assert_frame_equal(adjust_panel(known_later, "total_return")[prices], from_events[prices], rtol=1e-12)


@settings(deadline=None, max_examples=60)
@given(bars=histories, adjustment=st.sampled_from(["raw", "splits", "total_return"]))
def test_an_adjusted_panel_passes_the_door_and_adjusting_again_changes_nothing(
    bars: list[Bar], adjustment: str
) -> None:
    once = adjust_panel(panel_of({"AAA": bars}), adjustment)  # type: ignore[arg-type]
    check_panel(once, origin="adjusted")
    assert once.attrs["adjustment"] == adjustment
    pd.testing.assert_frame_equal(adjust_panel(once, adjustment), once)  # type: ignore[arg-type]


def test_a_book_by_hand_of_a_split_and_a_dividend() -> None:
    # 100, then 2:1 at 52, then 2 a share at 49. Back from 49: the dividend's step is 49/51, the split's 1/2.
    panel = panel_of({"AAA": [(100.0, 0.0, 1.0), (52.0, 0.0, 2.0), (49.0, 2.0, 1.0)]})
    adjusted = adjust_panel(panel, "total_return")
    assert adjusted["close"].tolist() == pytest.approx([100 / 2 * 49 / 51, 52 * 49 / 51, 49.0], rel=1e-15)
    assert adjusted["volume"].tolist() == [2400.0, 1200.0, 1200.0]
    assert list(adjusted.columns) == ["close", "open", "high", "low", "volume"]


def test_a_dividend_before_a_split_is_cash_on_the_adjusted_shares() -> None:
    panel = panel_of({"AAA": [(100.0, 0.0, 1.0), (98.0, 2.0, 1.0), (49.0, 0.0, 2.0)]})
    assert adjust_panel(panel, "splits")["dividend"].tolist() == [0.0, 1.0, 0.0]


def test_events_of_a_tickers_first_bar_change_nothing() -> None:
    panel = panel_of({"AAA": [(100.0, 5.0, 2.0), (101.0, 0.0, 1.0)]})
    assert adjust_panel(panel, "total_return")["close"].tolist() == [100.0, 101.0]


def test_the_last_bar_keeps_its_price_whatever_comes_after_the_window() -> None:
    bars = [(100.0, 0.0, 1.0), (102.0, 0.0, 1.0), (51.0, 0.0, 2.0), (50.0, 3.0, 1.0)]
    whole = panel_of({"AAA": bars})
    known_later = whole.assign(adjusted_close=adjust_panel(whole, "total_return")["close"])
    for panel in (whole, known_later):
        assert adjust_panel(panel.iloc[:2], "total_return")["close"].tolist() == [100.0, 102.0]


def test_from_an_adjusted_close_alone_volume_stays_as_traded() -> None:
    panel = panel_of({"AAA": [(100.0, 0.0, 1.0), (52.0, 0.0, 2.0)]}).drop(columns=["dividend", "split"])
    adjusted = adjust_panel(panel.assign(adjusted_close=[50.0, 52.0]), "total_return")
    assert adjusted["volume"].tolist() == [1200.0, 1200.0]
    assert adjusted["close"].tolist() == [50.0, 52.0]


@pytest.mark.parametrize("adjustment", ["raw", "splits", "total_return"])
def test_raw_prices_without_any_factor_can_be_adjusted_for_nothing(adjustment: str) -> None:
    panel = panel_of({"AAA": [(100.0, 0.0, 1.0), (101.0, 0.0, 1.0)]}).drop(columns=["dividend", "split"])
    with pytest.raises(
        DataError, match=f"data.adjustment is '{adjustment}', but the panel has no dividend and no split"
    ):
        adjust_panel(panel, adjustment)  # type: ignore[arg-type]


@pytest.mark.parametrize("adjustment", ["raw", "splits"])
def test_an_adjusted_close_does_not_tell_splits_from_dividends(adjustment: str) -> None:
    panel = panel_of({"AAA": [(100.0, 0.0, 1.0), (101.0, 0.0, 1.0)]}).drop(columns=["split"])
    with pytest.raises(DataError, match=r"no split column.*set data.adjustment to total_return"):
        adjust_panel(panel.assign(adjusted_close=panel["close"]), adjustment)  # type: ignore[arg-type]


@pytest.mark.parametrize(("held", "wanted"), [("splits", "raw"), ("total_return", "raw"), ("total_return", "splits")])
def test_an_adjustment_cannot_be_undone(held: str, wanted: str) -> None:
    panel = panel_of({"AAA": [(100.0, 0.0, 1.0), (101.0, 0.0, 1.0)]})
    panel.attrs["adjustment"] = held
    with pytest.raises(DataError, match=f"data.adjustment is '{wanted}', but these prices come adjusted"):
        adjust_panel(panel, wanted)  # type: ignore[arg-type]


def test_prices_that_come_adjusted_for_splits_are_not_adjusted_for_them_again() -> None:
    panel = panel_of({"AAA": [(50.0, 0.0, 1.0), (52.0, 2.0, 2.0)]})
    panel.attrs["adjustment"] = "splits"
    adjusted = adjust_panel(panel, "total_return")
    assert adjusted["close"].tolist() == pytest.approx([50 * 52 / 54, 52.0], rel=1e-15)
    assert adjusted["volume"].tolist() == [1200.0, 1200.0]
    assert adjust_panel(panel, "splits")["dividend"].tolist() == [0.0, 2.0]


def test_an_unknown_adjustment_of_the_source_is_refused() -> None:
    panel = panel_of({"AAA": [(50.0, 0.0, 1.0)]})
    panel.attrs["adjustment"] = "both"
    with pytest.raises(DataError, match=r"attrs\['adjustment'\] is 'both'"):
        adjust_panel(panel, "raw")


def test_the_panel_that_came_in_is_left_as_it_was() -> None:
    panel = panel_of({"AAA": [(100.0, 0.0, 1.0), (52.0, 1.0, 2.0)]})
    before = panel.copy()
    adjust_panel(panel, "total_return")
    pd.testing.assert_frame_equal(panel, before)
    assert panel.attrs == {}


def test_the_previous_close_is_the_tickers_own_across_bars_that_it_lacks() -> None:
    panel = panel_of({"AAA": [(1.0, 0, 1), (2.0, 0, 1), (3.0, 0, 1)], "BBB": [(7.0, 0, 1), (8.0, 0, 1), (9.0, 0, 1)]})
    thinned = panel.drop(index=panel.index[3])
    before = pd.Series(previous_close(thinned), index=thinned.index)
    assert before.xs("BBB", level="ticker").tolist()[1:] == [7.0]
    assert before.xs("AAA", level="ticker").tolist()[1:] == [1.0, 2.0]
    assert before.isna().sum() == 2


def test_a_split_and_a_dividend_on_one_day_pay_on_the_new_shares() -> None:
    # A 2:1 split and 0.5 a new share: 1 old share at 98 becomes 2 at 48, and 1.0 in cash: 97.
    panel = panel_of({"AAA": [(98.0, 0.0, 1.0), (48.0, 0.5, 2.0)]})
    close = adjust_panel(panel, "total_return")["close"]
    assert close.iloc[1] / close.iloc[0] == pytest.approx(97.0 / 98.0, rel=1e-15)
    arrays = panel_arrays(adjust_panel(panel, "raw"))
    assert (arrays.dividend[1, 0], arrays.split[1, 0]) == (0.5, 2.0)
