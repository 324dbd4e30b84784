"""Which column of a source is which of the panel: by its usual names, or as said, or refused."""

import pytest

from core.base.errors import DataError
from core.engine.bar_interval import bears_session_dates
from core.engine.source_columns import source_columns

NAMES = ["Date", "Symbol", "Open", "High", "Low", "Close", "Adj Close", "Volume", "Note"]


def test_columns_are_found_by_their_usual_names_whatever_their_case():
    assert source_columns(NAMES, {}, origin="prices") == {
        "timestamp": "Date",
        "ticker": "Symbol",
        "open": "Open",
        "high": "High",
        "low": "Low",
        "close": "Close",
        "volume": "Volume",
        "adjusted_close": "Adj Close",
    }


def test_what_the_user_says_goes_before_the_usual_name():
    found = source_columns([*NAMES, "Last"], {"close": "Last", "ticker": ""}, origin="prices")
    assert found["close"] == "Last"
    assert "ticker" not in found


@pytest.mark.parametrize(
    ("names", "said", "part"),
    [
        (NAMES[:4], {}, "prices: no column is low or close or volume; it has Date, Symbol, Open, High"),
        (NAMES[:7], {}, "Where there is no volume say columns: {volume: ''}"),
        ([*NAMES, "time"], {}, "'Date' and 'time' may both be timestamp; say which under data_source_params.columns"),
        (NAMES, {"close": "Last"}, "there is no column 'Last', which data_source_params.columns.close names"),
    ],
)
def test_what_is_not_clear_is_refused(names, said, part):
    with pytest.raises(DataError) as caught:
        source_columns(names, said, origin="prices")
    assert part in str(caught.value)


def test_volume_is_not_needed_where_the_user_says_that_there_is_none():
    assert "volume" not in source_columns(NAMES[:7], {"volume": ""}, origin="prices")


def test_returns_are_looked_for_where_they_stand_in_the_place_of_prices():
    assert source_columns(["date", "Returns"], {}, origin="fund", returns_only=True) == {
        "timestamp": "date",
        "returns": "Returns",
    }
    assert "returns" not in source_columns([*NAMES, "Returns", "return"], {}, origin="prices")
    with pytest.raises(DataError, match="no column is returns"):
        source_columns(NAMES, {}, origin="fund", returns_only=True)


@pytest.mark.parametrize(
    ("interval", "dates"), [("1d", True), ("1wk", True), ("3mo", True), ("1m", False), ("1h", False)]
)
def test_days_weeks_and_months_bear_dates_and_shorter_bars_moments(interval, dates):
    assert bears_session_dates(interval) is dates
