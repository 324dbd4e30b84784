"""What idle cash earns, held to an account that holds nothing else."""

import numpy as np
import pandas as pd
import pytest

from core.config.sections import ExecutionConfig
from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms, MarginTerms
from core.engine.backtest import run_backtest
from core.engine.cash_return import cash_return_per_bar

DATES = pd.bdate_range("2024-01-01", periods=12, tz="UTC")


def financing(**terms):
    return FinancingTerms(np.linspace(0.01, 0.06, len(DATES)), **terms)


@pytest.mark.parametrize("accrual", ["simple", "compound"])
def test_it_is_the_return_of_an_account_that_holds_nothing(accrual):
    terms = financing(accrual=accrual, credit_spread_annual=0.005)
    index = pd.MultiIndex.from_product([DATES, ["AAA"]], names=["timestamp", "ticker"])
    prices = {name: np.linspace(10.0, 11.0, len(DATES)) for name in ("open", "high", "low", "close")}
    panel = pd.DataFrame({**prices, "volume": 1.0}, index=index)
    idle = pd.Series(0.0, index=index)
    account = BrokerTerms(terms, FeeTerms(), MarginTerms())
    curve = run_backtest(panel, idle, account, ExecutionConfig(), adjustment="total_return").equity["equity"]
    earned = cash_return_per_bar(terms, DATES, DATES)
    np.testing.assert_allclose(earned, np.diff(curve, prepend=100_000.0) / np.append(100_000.0, curve[:-1]), rtol=1e-9)
    assert earned.iloc[0] == 0.0
    assert (earned.iloc[1:] > 0.0).all()


def test_the_first_date_of_a_part_has_earned_nothing_yet():
    terms = financing(credit_spread_annual=0.0)
    whole, part = (cash_return_per_bar(terms, DATES, dates) for dates in (DATES, DATES[4:]))
    assert part.iloc[0] == 0.0
    pd.testing.assert_series_equal(part.iloc[1:], whole.iloc[5:])


@pytest.mark.parametrize("terms", [{}, {"credit_spread_annual": 0.5}])
def test_cash_that_earns_nothing_has_none(terms):
    assert cash_return_per_bar(financing(**terms), DATES, DATES) is None
