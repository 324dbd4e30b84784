"""What prices are in, and what follows from several currencies and from parts of one."""

import pandas as pd
import pytest

from core.base.errors import DataError
from core.engine.currencies import (
    benchmark_currency_findings,
    currency_findings,
    currency_parts,
    exact_rate,
    held_currencies,
)


def panel_of(*tickers):
    index = pd.MultiIndex.from_product([pd.date_range("2024-01-02", periods=2, tz="UTC"), sorted(tickers)])
    return pd.DataFrame({"close": 1.0}, index=index.set_names(["timestamp", "ticker"]))


def test_units_of_one_currency_have_an_exact_rate_and_others_none():
    assert (currency_parts("GBp"), currency_parts("USD")) == (("GBP", 100), ("USD", 1))
    assert (exact_rate("GBP", "GBp"), exact_rate("GBp", "GBP"), exact_rate("GBX", "GBp")) == (100.0, 0.01, 1.0)
    assert (exact_rate("USD", "USD"), exact_rate("USD", "GBp"), exact_rate("ZAc", "GBp")) == (1.0, None, None)


def test_only_tickers_of_the_panel_whose_currency_is_told_have_one():
    panel = panel_of("AAA", "BBB", "CCC")
    assert held_currencies(panel) == {}
    panel.attrs["currencies"] = {"BBB": "USD", "CCC": "", "GONE": "EUR"}
    assert held_currencies(panel) == {"BBB": "USD"}


@pytest.mark.parametrize("told", ["USD", ["USD"], {"AAA": 1}])
def test_what_is_no_mapping_of_tickers_to_currencies_is_refused(told):
    panel = panel_of("AAA")
    panel.attrs["currencies"] = told
    with pytest.raises(DataError, match=r"data source 'x': attrs\['currencies'\] is .*\{'VOD.L': 'GBp'\}"):
        held_currencies(panel, "data source 'x'")


def test_currencies_are_told_with_their_tickers_three_by_name():
    many = dict.fromkeys([f"U{number:04}" for number in range(1_205)], "USD")
    (told,) = currency_findings({"VOD.L": "GBp", "SAP.DE": "EUR", **many})
    assert told.startswith(
        "The prices are in several currencies, EUR (SAP.DE), GBp (VOD.L) and USD (U0000, U0001, U0002 and 1,202 more), and"
    )


def test_pounds_beside_pence_are_two_units():
    (told,) = currency_findings({"A.L": "GBP", "B.L": "GBp"})
    assert "in several currencies, GBP (A.L) and GBp (B.L)," in told


def test_one_whole_currency_says_nothing_and_a_part_of_one_says_what_amounts_are_in():
    assert currency_findings({"AAA": "USD", "BBB": "USD"}) == currency_findings({}) == []
    assert currency_findings({"VOD.L": "GBp", "^FTSE": "GBP"}, untraded={"^FTSE"}) == [
        "The prices are in GBp (VOD.L), and 100 GBp are one GBP: cash, fees a share and all other amounts are in GBp too."
    ]


def test_a_benchmark_in_another_currency_is_told_and_one_in_the_whole_of_a_part_is_not():
    assert benchmark_currency_findings({"VOD.L": "GBp"}, {"^GSPC": "USD"}) == [
        "The benchmark ^GSPC is in USD, and what is traded in GBp: the comparison leaves out what exchange rates did."
    ]
    assert benchmark_currency_findings({"VOD.L": "GBp"}, {"^FTSE": "GBP"}) == []
    assert benchmark_currency_findings({}, {"^GSPC": "USD"}) == benchmark_currency_findings({"A": "USD"}, {}) == []
