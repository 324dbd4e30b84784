"""Prices through the door, from a data source that is written here."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
import pytest
import qlop

from core.base.errors import DataError
from core.config.sections import LoadDataConfig
from core.engine.fingerprint import data_fingerprint
from core.engine.load import load_panel


class Shelf(qlop.DataSourcePlugin):
    """Holds one panel, and hands out all of it whatever is asked."""

    name = "shelf"

    def __init__(self, panel: pd.DataFrame) -> None:
        super().__init__("shelf", qlop.Params())
        self.panel = panel

    def load_data(
        self, tickers: Sequence[str] | None, start: date | None, end: date | None, interval: str
    ) -> pd.DataFrame:
        return self.panel


def ten_days() -> pd.DataFrame:
    """AAPL on ten days with a 2:1 split on the sixth, FB on the last two."""
    days = pd.date_range("2004-03-01", periods=10, freq="D", tz="UTC", unit="us")
    rows = [(day, "AAPL") for day in days] + [(day, "FB") for day in days[-2:]]
    index = pd.MultiIndex.from_tuples(rows, names=["timestamp", "ticker"])
    panel = pd.DataFrame({"close": 40.0, "dividend": 0.0, "split": 1.0}, index=index).sort_index()
    panel.loc[panel.index.get_level_values(0) < days[5], "close"] = 80.0
    panel.loc[(days[5], "AAPL"), "split"] = 2.0
    close = panel["close"]
    return panel.assign(open=close, high=close, low=close, volume=10.0)


def config(**settings: object) -> LoadDataConfig:
    return LoadDataConfig.model_validate({"data_source_type": "shelf", **settings})


def refusal(panel: pd.DataFrame, **settings: object) -> str:
    with pytest.raises(DataError) as caught:
        load_panel(Shelf(panel), config(**settings))
    return str(caught.value)


def test_prices_come_cut_checked_adjusted_and_with_their_fingerprint() -> None:
    loaded = load_panel(Shelf(ten_days()), config(start_date="2004-03-03", end_date="2004-03-09", min_history_bars=3))
    assert loaded.left_out == {"FB": 1}
    assert list(loaded.panel.index.get_level_values("ticker").unique()) == ["AAPL"]
    assert len(loaded.panel) == 7
    assert (loaded.panel["close"] == 40.0).all()
    assert loaded.panel.attrs["adjustment"] == "total_return"
    assert loaded.fingerprint == data_fingerprint(loaded.panel)
    assert loaded.findings == ("The close of AAPL stands still for 7 bars from 2004-03-03.",)


def test_both_dates_are_included_and_intraday_bars_of_the_last_day_too() -> None:
    panel = ten_days()
    at_noon = panel.set_axis(panel.index.set_levels(panel.index.levels[0] + pd.Timedelta(hours=12), level=0))
    loaded = load_panel(Shelf(at_noon), config(start_date="2004-03-02", end_date="2004-03-04", interval="1h"))
    assert [day.day for day in loaded.panel.index.get_level_values(0)] == [2, 3, 4]


def test_dates_without_data_are_refused_with_the_dates_that_are_held() -> None:
    message = refusal(ten_days(), start_date="2020-01-01")
    assert "no bar lies in data.start_date 2020-01-01 to data.end_date open" in message
    assert "the data go from 2004-03-01 to 2004-03-10" in message


def test_a_ticker_without_data_in_the_dates_is_refused_with_the_dates_it_has() -> None:
    message = refusal(ten_days(), tickers=["AAPL", "FB"], end_date="2004-03-05")
    assert "FB has no bar in" in message
    assert "the source holds FB from 2004-03-09 to 2004-03-10" in message


def test_a_ticker_that_the_source_does_not_know_is_refused() -> None:
    assert "the source returned nothing for IBM" in refusal(ten_days(), tickers=["AAPL", "FB", "IBM"])


def test_tickers_that_nobody_asked_for_are_refused() -> None:
    assert "it returned FB, which data.tickers (AAPL) does not name" in refusal(ten_days(), tickers=["AAPL"])


def test_a_panel_that_breaks_a_promise_is_refused_with_the_sources_name() -> None:
    panel = ten_days()
    panel.iloc[3, panel.columns.get_loc("open")] = np.nan
    assert refusal(panel).startswith("data source 'shelf': open of AAPL at 2004-03-04 is nan")


def test_a_fault_outside_the_dates_does_not_matter() -> None:
    panel = ten_days()
    panel.iloc[0, panel.columns.get_loc("open")] = np.nan
    assert len(load_panel(Shelf(panel), config(start_date="2004-03-02")).panel) == 11


@pytest.mark.parametrize("nothing", [pd.DataFrame(), None])
def test_a_source_that_returns_nothing_is_refused(nothing: pd.DataFrame) -> None:
    assert refusal(nothing).startswith("data source 'shelf': ")


def test_an_adjustment_that_is_not_possible_names_the_source() -> None:
    assert refusal(ten_days().drop(columns="split"), adjustment="raw").startswith(
        "data source 'shelf': data.adjustment"
    )


def test_what_looks_odd_is_told() -> None:
    panel = ten_days().assign(split=1.0).drop(index=(pd.Timestamp("2004-03-03", tz="UTC"), "AAPL"))
    also = panel.xs("AAPL", level="ticker", drop_level=False).rename(index={"AAPL": "IBM"})
    extra = ten_days().xs("AAPL", level="ticker", drop_level=False).rename(index={"AAPL": "MSFT"})
    loaded = load_panel(
        Shelf(pd.concat([panel, also, extra]).sort_index()), config(start_date="2004-01-01", end_date="2004-12-31")
    )
    late, early, gaps, splits, stale = loaded.findings
    assert late == "The data begin at 2004-03-01, later than data.start_date 2004-01-01."
    assert early == "The data end at 2004-03-10, earlier than data.end_date 2004-12-31."
    assert gaps.startswith("2 bars are missing on days on which other tickers traded, the first of AAPL at 2004-03-03")
    assert splits.startswith("2 bars open as if after a split")
    assert stale == (
        "3 times a close is the same for 5 bars or more; the close of MSFT stands still for 10 bars from 2004-03-01."
    )


def test_what_prices_come_adjusted_for_survives_the_cut() -> None:
    panel = ten_days()
    panel.attrs["adjustment"] = "total_return"
    assert "which cannot be undone" in refusal(panel, start_date="2004-03-03", adjustment="raw")
    assert load_panel(Shelf(panel), config(start_date="2004-03-03")).panel["close"].iloc[0] == 80.0


@pytest.mark.parametrize("rate", [0.05, 0.3, 1.5])
def test_a_rate_that_looks_like_percent_is_pointed_at(rate: float) -> None:
    panel = ten_days().assign(risk_free_rate_annual=0.01)
    panel.iloc[4, panel.columns.get_loc("risk_free_rate_annual")] = rate
    found = [finding for finding in load_panel(Shelf(panel), config()).findings if "rate" in finding]
    said = (
        "risk_free_rate_annual reaches 1.5, which is 150% a year, in AAPL at 2004-03-05. If the source gives "
        "percent, set rate_in_percent."
    )
    assert found == ([said] if rate > 0.3 else [])
