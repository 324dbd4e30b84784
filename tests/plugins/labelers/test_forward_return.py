from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from qlop.testing import LabelerContractSuite

from core.contracts.broker_terms import FeeTerms
from plugins.labelers.forward_return import ForwardReturn

ROWS = [
    ("2024-01-04", 100.0, 110.0, 95.0, 102.0),
    ("2024-01-05", 104.0, 110.0, 95.0, 106.0),
    ("2024-01-08", 108.0, 110.0, 95.0, 109.0),
    ("2024-01-09", 91.0, 110.0, 90.0, 95.4),
]


class TestForwardReturn(LabelerContractSuite):
    plugin_class = ForwardReturn


class TestForwardReturnAtTheSameClose(LabelerContractSuite):
    plugin_class = ForwardReturn
    params: ClassVar = {"fill": "same_close"}


def labels_of(panel, terms, **params):
    return ForwardReturn("label", ForwardReturn.Params(**params)).label(panel, terms=terms)


@pytest.mark.parametrize(
    ("fill", "expected", "ends"),
    [
        ("next_open", [91 / 104 - 1, np.nan, np.nan, np.nan], ["2024-01-09", None, None, None]),
        ("next_close", [95.4 / 106 - 1, np.nan, np.nan, np.nan], ["2024-01-09", None, None, None]),
        ("same_close", [109 / 102 - 1, 95.4 / 106 - 1, np.nan, np.nan], ["2024-01-08", "2024-01-09", None, None]),
    ],
)
def test_entry_and_exit_are_where_the_fill_says(fill, expected, ends, one_ticker, terms_for):
    panel = one_ticker(ROWS)
    labels = labels_of(panel, terms_for(panel), horizon_bars=2, fill=fill)
    np.testing.assert_allclose(labels["target"], expected)
    assert labels["label_end"].tolist() == [pd.NaT if end is None else pd.Timestamp(end, tz="UTC") for end in ends]


def test_the_payoff_is_the_return_less_financing_and_costs_of_a_borrowed_unit(one_ticker, terms_for):
    panel = one_ticker(ROWS)
    terms = terms_for(panel, rate=(0.9, 0.03, 0.04, 0.9), fees=FeeTerms(fee_bps=10.0))
    labels = labels_of(panel, terms, horizon_bars=2)
    financing = (0.045 * 3 + 0.055 * 1) / 360
    expected = 91 / 104 - 1 - financing - 0.001 * (1 + 91 / 104)
    assert labels["payoff"].iloc[0] == pytest.approx(expected, abs=1e-15)


def test_a_dividend_after_the_entry_is_part_of_the_return(one_ticker, terms_for):
    panel = one_ticker(ROWS, dividend=[0.0, 9.0, 1.0, 2.0])
    labels = labels_of(panel, terms_for(panel), horizon_bars=2)
    assert labels["target"].iloc[0] == pytest.approx((91 + 1 + 2) / 104 - 1)


def test_a_split_is_no_loss(one_ticker, terms_for):
    panel = one_ticker(ROWS, split=[1.0, 1.0, 1.0, 2.0])
    assert labels_of(panel, terms_for(panel), horizon_bars=2)["target"].iloc[0] == pytest.approx(182 / 104 - 1)


def test_the_horizon_counts_the_tickers_own_bars(one_ticker, random_panel, terms_for):
    panel = random_panel(4)
    labels = labels_of(panel, terms_for(panel), horizon_bars=3)
    for ticker, rows in panel.groupby(level="ticker"):
        found = labels.xs(ticker, level="ticker")
        opens = rows["open"].droplevel("ticker")
        np.testing.assert_allclose(found["target"], opens.shift(-4) / opens.shift(-1) - 1)
        ends = pd.Series(opens.index, index=opens.index).shift(-4)
        assert found["label_end"].equals(ends.rename("label_end"))
