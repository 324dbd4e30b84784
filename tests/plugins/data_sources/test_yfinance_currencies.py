"""What Yahoo's prices and dividends are in: converted where that is exact, refused where it is not, told where unknown."""

import importlib.util
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import qlop

from core.config.sections import LoadDataConfig
from core.engine.load import load_panel

# Tests have no packages to import each other from.
_SPEC = importlib.util.spec_from_file_location("yahoo_server", Path(__file__).with_name("yahoo_server.py"))
server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(server)

FIRST = server.LATE_2023
LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def yahoo():
    return server.Yahoo()


@pytest.fixture
def source(yahoo, tmp_path):
    with server.fresh_library(tmp_path), server.serving(yahoo) as new_session:
        yield partial(server.source_of, new_session)


def in_london(dividends, paid_in, currency="GBp", n_days=60, **options):
    moments = server.days(FIRST, n_days, zone="Europe/London")
    return server.instrument(
        moments, zone="Europe/London", dividends=dividends, paid_in=paid_in, currency=currency, **options
    )


def dividends_of(panel):
    paid = panel["dividend"].droplevel("ticker")
    return {f"{moment:%Y-%m-%d}": round(cash, 9) for moment, cash in paid[paid != 0.0].items()}


@pytest.mark.parametrize(
    ("prices", "paid", "factor"),
    [
        ("GBp", "GBP", 100.0),
        ("GBP", "GBp", 0.01),
        ("ZAc", "ZAR", 100.0),
        ("ILA", "ILS", 100.0),
        ("KWF", "KWD", 1_000.0),
    ],
)
def test_a_dividend_in_the_whole_currency_becomes_what_it_is_in_the_prices_part(yahoo, source, prices, paid, factor):
    yahoo.instruments["BEE.L"] = in_london({10: 0.04, 40: 0.06}, {10: paid, 40: prices}, prices)
    panel = source().load_data(["BEE.L"], None, None, "1d")
    assert dividends_of(panel) == {"2023-11-15": round(0.04 * factor, 9), "2023-12-27": 0.06}
    assert panel.attrs == {"adjustment": "splits", "currencies": {"BEE.L": prices}}
    assert not {"currency", "dividend_currency"} & set(panel.columns)


def test_a_dividend_in_another_currency_is_refused_with_day_amount_both_currencies_and_a_way_on(yahoo, source):
    yahoo.instruments["BEE.L"] = in_london({10: 3.0, 20: 0.09, 40: 0.1}, {10: "GBp", 20: "USD", 40: "USD"})
    with pytest.raises(qlop.DataError) as caught:
        source().load_data(["BEE.L"], None, None, "1d")
    assert str(caught.value) == (
        "Data source 'yfinance': BEE.L: Yahoo has a dividend of 0.09 USD on 2023-11-29 and 1 more such, and prices in "
        "GBp; dividends must be in the prices' currency, and no exchange rate is known here. Choose dates without them, "
        "take the ticker out, or bring prices and converted dividends by the data source files."
    )


def test_dates_without_such_a_dividend_are_loaded_from_what_is_kept_and_those_with_it_are_refused_again(yahoo, source):
    yahoo.instruments["BEE.L"] = in_london({20: 0.09}, {20: "USD"})
    run = server.Run()
    for _ in range(2):
        with pytest.raises(qlop.DataError, match=r"dividend of 0\.09 USD on 2023-11-29, and prices in GBp"):
            source(run).load_data(["BEE.L"], None, None, "1d")
    n_asked = len(yahoo.charts)
    panel = source(run).load_data(["BEE.L"], FIRST, date(2023, 11, 24), "1d")
    assert (len(panel), panel.attrs["currencies"]) == (18, {"BEE.L": "GBp"})
    assert len(yahoo.charts) == n_asked


def test_dividends_without_a_currency_beside_prices_in_pence_are_told_and_those_that_look_like_pounds(yahoo, source):
    yahoo.instruments["BEE.L"] = in_london({10: 3.0, 40: 0.04}, {})
    config = LoadDataConfig(data_source_type="yfinance", tickers=["BEE.L"], adjustment="splits")
    first, second = load_panel(source(), config).findings
    close = yahoo.instruments["BEE.L"].traded[40, 3]
    assert first == (
        "Yahoo does not say what dividends of BEE.L (GBp) are in; they are taken to be in what the prices are. 1 of 2 are "
        "under 0.1% of the close, as if in the whole currency, the first of BEE.L on 2023-12-27: "
        f"0.04 at {close:g}. Compare them with the company's before trusting returns."
    )
    assert second == (
        "The prices are in GBp (BEE.L), and 100 GBp are one GBP: cash, fees a share and all other amounts are in GBp too."
    )


def test_dividends_without_a_currency_of_many_tickers_are_one_finding(yahoo, source):
    tickers = [f"BEE{number}.L" for number in range(5)]
    yahoo.instruments = {ticker: in_london({10: 3.0}, {}, seed=place) for place, ticker in enumerate(tickers)}
    yahoo.instruments |= {"SAID.L": in_london({10: 3.0}, {10: "GBp"}), "NONE.L": in_london({}, {})}
    panel = source().load_data(sorted(yahoo.instruments), None, None, "1d")
    (told,) = panel.attrs["findings"]
    assert told == (
        "Yahoo does not say what dividends of BEE0.L (GBp), BEE1.L (GBp), BEE2.L (GBp) and 2 more tickers are in; they are "
        "taken to be in what the prices are."
    )


def test_dividends_without_a_currency_beside_prices_in_a_whole_one_are_taken_as_they_are(yahoo, source):
    yahoo.instruments["SPY"] = server.instrument(server.days(FIRST, 60), dividends={10: 1.5})
    config = LoadDataConfig(data_source_type="yfinance", tickers=["SPY"], adjustment="splits")
    assert load_panel(source(), config).findings == ()


def test_yahoos_adjusted_close_that_took_pounds_for_pence_is_pointed_at(yahoo, source):
    # The server's adjusted close takes 0.04 off prices near 100; four pence were paid.
    yahoo.instruments["BEE.L"] = in_london({10: 0.04}, {10: "GBP"})
    config = LoadDataConfig(data_source_type="yfinance", tickers=["BEE.L"], adjustment="total_return")
    assert "1 bars have an adjusted_close that dividend and split do not explain" in str(
        load_panel(source(), config).findings
    )


def test_a_weeks_dividend_is_that_of_the_day_within_it(yahoo, source):
    moments = [moment for moment in server.days(FIRST, 60, zone="Europe/London") if moment.weekday() == 0]
    held = server.instrument(moments, zone="Europe/London", dividends={3: 0.04}, paid_in={3: "GBP"}, currency="GBp")
    yahoo.instruments["BEE.L"] = held
    panel = source().load_data(["BEE.L"], None, date(2024, 1, 31), "1wk")
    assert dividends_of(panel) == {f"{moments[3]:%Y-%m-%d}": 4.0}


def test_a_fund_s_gains_in_pence_are_not_multiplied_with_its_dividend_in_pounds(yahoo, source):
    yahoo.instruments["BEE.L"] = in_london({10: 0.04}, {10: "GBP"}, kind="ETF", gains={10: 2.0})
    panel = source().load_data(["BEE.L"], None, None, "1d")
    assert dividends_of(panel) == {"2023-11-15": 6.0}


def test_traded_prices_are_rebuilt_with_dividends_in_the_prices_unit(yahoo, source):
    yahoo.instruments["BEE.L"] = in_london({10: 0.04}, {10: "GBP"}, splits={30: 4})
    panel = source(prices="raw").load_data(["BEE.L"], None, None, "1d")
    assert dividends_of(panel) == {"2023-11-15": 4.0}


def test_an_overlap_that_tells_another_currency_brings_everything_anew(yahoo, source):
    run = server.Run()
    yahoo.instruments["BEE.L"] = in_london({10: 0.04}, {10: "GBP"})
    source(run).load_data(["BEE.L"], None, date(2023, 12, 20), "1d")
    yahoo.instruments["BEE.L"] = in_london({10: 0.04}, {10: "GBP"}, currency="GBP")
    panel = source(run).load_data(["BEE.L"], None, date(2024, 1, 19), "1d")
    assert (dividends_of(panel), panel.attrs["currencies"]) == ({"2023-11-15": 0.04}, {"BEE.L": "GBP"})


def test_tickers_of_several_currencies_are_told_by_currency_and_price_indices_are_not_counted(yahoo, source):
    moments = server.days(FIRST, 60)
    yahoo.instruments = {
        "AAA": server.instrument(moments, seed=1),
        "BBB": server.instrument(moments, seed=2),
        "BEE.L": server.instrument(moments, seed=3, currency="GBp"),
        "^FTSE": server.instrument(moments, seed=4, currency="GBP", kind="INDEX"),
        "ODD": server.instrument(moments, seed=5, currency=None),
    }
    config = LoadDataConfig(data_source_type="yfinance", tickers=sorted(yahoo.instruments), adjustment="splits")
    (told,) = load_panel(source(), config).findings
    assert told == (
        "The prices are in several currencies, GBp (BEE.L) and USD (AAA, BBB), and the account is in one: amounts of all "
        "are added as if they were the same, and what exchange rates did is left out. Load the tickers of one currency, "
        "or bring prices that are converted."
    )
    of_one = config.model_copy(update={"tickers": ("AAA", "BBB", "^FTSE", "ODD")})
    assert load_panel(source(), of_one).findings == ()
    assert load_panel(source(), config, is_traded=False).findings == ()


def test_five_minutes_have_the_dividend_of_their_day_in_the_prices_unit(yahoo, source):
    start = datetime.now(UTC).date() - timedelta(days=20)
    moments = [
        moment + timedelta(minutes=5 * step)
        for moment in server.days(start, 4, zone="America/New_York")
        for step in range(3)
    ]
    yahoo.instruments["BEE"] = server.instrument(moments, dividends={6: 0.04}, paid_in={6: "GBP"}, currency="GBp")
    panel = source().load_data(["BEE"], start, start + timedelta(days=10), "5m")
    assert np.flatnonzero(panel["dividend"]).tolist() == [6]
    assert panel["dividend"].iloc[6] == pytest.approx(4.0, rel=1e-12)
