"""Instruments without funding pay no financing."""

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError
from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms
from core.engine.unfunded import is_unfunded, with_rate_of_zero, without_financing
from core.testing.panels import make_panel


def test_a_panel_is_unfunded_where_every_row_says_so():
    panel = make_panel(20, 2)
    assert not is_unfunded(panel)
    assert not is_unfunded(panel.assign(unfunded=0.0))
    assert is_unfunded(panel.assign(unfunded=1.0))


def test_a_mixture_is_refused_with_a_ticker():
    panel = make_panel(20, 2).assign(unfunded=1.0)
    first = panel.index.get_level_values("ticker") == panel.index[0][1]
    with pytest.raises(DataError, match=str(panel.index[0][1])):
        is_unfunded(panel.assign(unfunded=np.where(first, 0.0, 1.0)))


def test_fees_stay_and_financing_goes():
    financing = FinancingTerms(
        np.full(3, 0.05), debit_spread_annual=0.02, credit_spread_annual=0.0, borrow_fee_annual=0.1
    )
    terms = without_financing(BrokerTerms(financing, FeeTerms(fee_bps=5.0)))
    assert terms.fees.fee_bps == 5.0
    assert terms.financing.base_rate_annual.tolist() == [0.0, 0.0, 0.0]
    assert terms.financing.debit_spread_annual == 0.0
    assert terms.financing.borrow_fee_annual == 0.0
    assert terms.financing.credit_spread_annual is None


def test_excess_returns_are_measured_against_zero():
    assert with_rate_of_zero(make_panel(5, 1))["risk_free_rate_annual"].eq(0.0).all()
    assert isinstance(with_rate_of_zero(make_panel(5, 1)), pd.DataFrame)
