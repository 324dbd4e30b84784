"""A run is told what its prices are in, and what its benchmark is in."""

import numpy as np
import pandas as pd
import qlop

from core.config.loader import parse_config
from core.engine.stages.market import open_market
from plugins.brokers.flat import Flat

PRICED_IN = {"VOD.L": "GBp", "BEE.L": "GBp", "SPY": "USD", "^FTSE": "GBP"}


class Bourse(qlop.DataSourcePlugin):
    """Walks of a few tickers, and what they are in."""

    name = "bourse"

    def __init__(self):
        super().__init__("bourse", qlop.Params())

    def load_data(self, tickers, start, end, interval):
        days = pd.bdate_range("2020-01-01", periods=100, tz="UTC", unit="us")
        index = pd.MultiIndex.from_product([days, sorted(tickers)], names=["timestamp", "ticker"])
        close = 100.0 * np.exp(0.01 * np.random.default_rng(1).normal(size=len(index)))
        prices = {"open": close * 1.001, "high": close * 1.01, "low": close * 0.99, "close": close, "volume": 1.0}
        panel = pd.DataFrame({**prices, "dividend": 0.0, "split": 1.0}, index=index)
        panel.attrs["currencies"] = {ticker: PRICED_IN[ticker] for ticker in tickers}
        return panel


class Context:
    """Gives the source and a broker, and hears what the run says."""

    def __init__(self):
        self.said = []

    def plugin(self, kind, _name, _params):
        return Bourse() if kind == "data_sources" else Flat("flat", Flat.Params(base_rate_annual=0.02))

    def log(self, message, **_fields):
        self.said.append(message)

    def progress(self, *_told, **_fields):
        """Keep nothing."""

    record = save_json = progress

    def open(self, tickers, benchmark):
        data = {"data_source_type": "bourse", "tickers": tickers, "adjustment": "splits"}
        config = parse_config({"mode": "backtest", "data": data, "backtest": {"benchmark": benchmark}}, "x")
        return [finding for finding in open_market(config, self).findings if "GB" in finding]


def test_a_benchmark_in_another_currency_is_told_beside_what_the_prices_are_in():
    of_prices, of_benchmark = Context().open(["BEE.L", "VOD.L"], "SPY")
    assert of_prices.startswith("The prices are in GBp (BEE.L, VOD.L), and 100 GBp are one GBP")
    assert of_benchmark == (
        "The benchmark SPY is in USD, and what is traded in GBp: the comparison leaves out what exchange rates did."
    )


def test_a_benchmark_in_the_whole_of_the_prices_currency_is_no_other():
    (of_prices,) = Context().open(["VOD.L"], "^FTSE")
    assert of_prices.startswith("The prices are in GBp (VOD.L)")


def test_pounds_and_dollars_in_one_account_are_told():
    (told,) = Context().open(["SPY", "VOD.L"], None)
    assert told.startswith("The prices are in several currencies, GBp (VOD.L) and USD (SPY), and the account is in one")
