"""Opens that copy a close: what is told of them, and what real opens are left alone."""

import numpy as np
import pandas as pd
import pytest

from core.config.sections import LoadDataConfig
from core.engine.copied_opens import LEAST_BARS, copied_open_findings, copied_opens
from core.engine.load import load_panel
from core.engine.price_findings import price_findings
from plugins.data_sources.sample import Sample

FIRST = "2004-01-05"  # a Monday


def bars_of(n_bars=300, seed=0, first=FIRST, freq="B", **opens):
    """Prices that walk in cents; a ticker's opens are made of its closes, by a function."""
    days = pd.date_range(first, periods=n_bars, freq=freq, tz="UTC", unit="us")
    parts = []
    for place, (ticker, made) in enumerate(opens.items()):
        random = np.random.default_rng(seed + place)
        close = np.round(100.0 * np.exp(0.01 * random.normal(size=n_bars).cumsum()), 2)
        made_opens = made(close, random)
        ends = {"high": np.maximum(made_opens, close), "low": np.minimum(made_opens, close)}
        index = pd.MultiIndex.from_product([days, [ticker]], names=["timestamp", "ticker"])
        parts.append(pd.DataFrame({"open": made_opens, **ends, "close": close, "volume": 1.0}, index=index))
    return pd.concat(parts).sort_index()


def real(close, random):
    return np.round(close * np.exp(0.005 * random.normal(size=len(close))), 2)


def close_before(close, random):
    return np.append(close[0], close[:-1])


def own_close(close, random):
    return close.copy()


def one_of_two_copied(close, random):
    return np.where(random.random(len(close)) < 0.5, close_before(close, random), real(close, random))


def copied_in_the_second_year(close, random):
    is_second = np.arange(len(close)) // 252 == 1
    return np.where(is_second, close_before(close, random), real(close, random))


def with_range(panel):
    return panel.assign(high=panel["high"] * 1.01, low=panel["low"] * 0.99)


def told(found):
    return [(row.ticker, row.copied) for row in found.itertuples()]


def test_each_copied_close_is_told_of_its_ticker_with_dates_and_counts():
    panel = with_range(bars_of(BEFORE=close_before, OWN=own_close, REAL=real))
    found = copied_opens(panel)
    assert told(found) == [("BEFORE", "the close before"), ("OWN", "the bar's own close")]
    first, last = panel.index[0][0], panel.index[-1][0]
    assert (found["timestamp"] == first).all()
    assert (found["last_timestamp"] == last).all()
    closes = panel["close"].unstack("ticker")[["BEFORE", "OWN"]]
    n_moved = (closes.diff().iloc[1:] != 0.0).sum().tolist()
    assert found["n_copied"].tolist() == found["n_bars"].tolist() == n_moved


def test_the_sentences_say_what_an_order_at_such_an_open_gets():
    before, own = copied_open_findings(copied_opens(with_range(bars_of(BEFORE=close_before, OWN=own_close, REAL=real))))
    assert before.startswith("The open of BEFORE is the close before on ")
    assert before.endswith(
        "from 2004-01-05 to 2005-02-25: an order at the open is filled at a price of the day before."
    )
    assert own.startswith("The open of OWN is the bar's own close on ")
    assert own.endswith(": an order at the open is filled at the price of the day's end.")
    many = copied_open_findings(copied_opens(bars_of(AAA=close_before, BBB=close_before)))
    assert [text.split(";")[0] for text in many] == ["Opens of 2 tickers are no opens"]
    assert copied_open_findings(copied_opens(bars_of(AAA=close_before)), untold={"AAA"}) == []


def test_bars_that_are_one_price_are_one_finding_that_says_what_margin_calls_see():
    panel = bars_of(FLAT=own_close, REAL=real)  # highs and lows are the ends of open and close
    found = copied_opens(panel)
    assert told(found) == [("FLAT", "the bar's own close, as are high and low,")]
    (said,) = copied_open_findings(found)
    assert said.startswith("The open of FLAT is the bar's own close, as are high and low, on ")
    assert said.endswith(
        ": an order at the open is filled at the price of the day's end, and margin calls see closes alone."
    )
    table = price_findings(panel)
    (detail,) = table.loc[table["finding"] == "copied_open", "detail"]
    assert detail.startswith("The open is the bar's own close, as are high and low, in ")


def test_tickers_of_one_price_are_told_beside_those_whose_opens_alone_are_copied():
    panel = pd.concat([bars_of(FLAT=own_close), with_range(bars_of(OWN=own_close))]).sort_index()
    assert told(copied_opens(panel)) == [
        ("FLAT", "the bar's own close, as are high and low,"),
        ("OWN", "the bar's own close"),
    ]


def test_bars_of_one_price_are_told_of_markets_that_never_close_too():
    assert told(copied_opens(bars_of(freq="D", COIN=own_close))) == [
        ("COIN", "the bar's own close, as are high and low,")
    ]


def test_opens_that_are_copies_half_of_the_time_are_within_what_real_ones_reach():
    assert copied_opens(bars_of(HALF=one_of_two_copied, REAL=real)).empty


def test_a_bad_year_among_good_ones_is_told_with_its_dates():
    panel = bars_of(6 * 252, ODD=copied_in_the_second_year)
    (row,) = copied_opens(panel).itertuples()
    days = panel.index.unique("timestamp")
    assert (row.timestamp, row.last_timestamp) == (days[252], days[503])


def test_a_ticker_that_comes_and_goes_is_told_by_its_own_dates():
    panel = bars_of(REAL=real, SHORT=close_before)
    days = panel.index.unique("timestamp")
    held = panel[(panel.index.get_level_values("ticker") == "REAL") | panel.index.isin(days[20:110], level="timestamp")]
    (row,) = copied_opens(held).itertuples()
    assert (row.ticker, row.timestamp, row.last_timestamp) == ("SHORT", days[20], days[109])


def test_prices_that_stand_still_and_short_histories_say_nothing_of_opens():
    still = bars_of(STILL=close_before)
    still[["open", "high", "low", "close"]] = 10.0
    assert copied_opens(still).empty
    assert copied_opens(bars_of(LEAST_BARS, FEW=close_before)).empty
    assert len(copied_opens(bars_of(LEAST_BARS + 10, MORE=close_before))) == 1


def test_markets_that_never_close_and_other_bars_than_days_open_where_they_closed():
    assert copied_opens(bars_of(freq="D", COIN=close_before)).empty
    assert copied_opens(bars_of(freq="h", HOURS=close_before)).empty
    assert copied_opens(bars_of(DAYS=close_before), "1wk").empty
    beside = copied_opens(pd.concat([bars_of(freq="D", COIN=close_before), bars_of(STOCK=close_before)]).sort_index())
    assert told(beside) == [("STOCK", "the close before")]


def test_adjusted_prices_are_told_of_whatever_their_last_digits_are():
    panel = bars_of(ODD=close_before)
    factor = np.linspace(0.5, 1.0, len(panel)).astype(np.float32).astype(np.float64)
    stepped = np.repeat(factor[::50], 50)  # one factor a quarter, as dividends make them
    prices = ["open", "high", "low", "close"]
    panel[prices] = panel[prices].mul(stepped, axis=0).astype("float32").astype("float64")
    assert told(copied_opens(panel)) == [("ODD", "the close before")]


def test_the_findings_table_has_the_share_of_copies():
    table = price_findings(bars_of(ODD=close_before, REAL=real))
    (row,) = table[table["finding"] == "copied_open"].itertuples()
    assert (row.ticker, row.value) == ("ODD", 1.0)
    assert row.detail.startswith("The open is the close before in ")
    assert row.detail.endswith("bars that moved, up to 2005-02-25.")


@pytest.fixture
def sample():
    return Sample("sample", Sample.Params())


def test_the_door_leaves_to_a_source_what_it_says_itself_and_says_nothing_of_a_benchmarks_opens(sample):
    data = LoadDataConfig(data_source_type="sample", tickers=["SP500"])
    assert told(copied_opens(sample.load_data(["SP500"], None, None, "1d"))) == [("SP500", "the close before")]
    assert load_panel(sample, data).findings == ()
    sample.remarks = {}
    (said,) = load_panel(sample, data).findings
    assert said.startswith(
        "The open of SP500 is the close before on 1,452 of 1,510 bars that moved from 2000-03-01 to 2006-03-07: "
    )
    assert load_panel(sample, data, is_traded=False).findings == ()


def test_real_prices_of_the_sample_have_real_opens(sample):
    for ticker in ("AAPL", "GOOG", "IBM", "MSFT", "NASDAQ"):
        assert copied_opens(sample.load_data([ticker], None, None, "1d")).empty
