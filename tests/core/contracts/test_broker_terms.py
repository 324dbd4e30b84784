from __future__ import annotations

import numpy as np
import pytest

from core.contracts.broker_terms import FeeTerms

BY_SHARE = FeeTerms(fee_bps=3.0, slippage_bps=2.0, fee_per_share=0.005, minimum_fee=1.0, cap_fraction=0.01)


def test_fees_in_bps_and_slippage_cost_the_same_at_every_price():
    found = FeeTerms(fee_bps=3.0, slippage_bps=2.0).cost_fraction(np.array([0.01, 1.0, 1000.0]))
    assert found.tolist() == [0.0005, 0.0005, 0.0005]


@pytest.mark.parametrize(
    ("price", "order_value", "by_share"),
    [
        (50.0, None, 0.0001),  # half a cent of 50
        (0.2, None, 0.01),  # 2.5 %, capped
        (50.0, 20_000.0, 0.0001),  # 400 shares pay 2, above the minimum
        (50.0, 2_000.0, 0.0005),  # the minimum of 1
        (50.0, 50.0, 0.01),  # 2 %, capped
    ],
)
def test_a_fee_by_the_share_is_a_fraction_of_the_shares_price(price, order_value, by_share):
    assert BY_SHARE.cost_fraction(price, order_value) == pytest.approx(0.0005 + by_share, abs=1e-16)


def test_prices_that_are_not_known_cost_what_is_not_known():
    found = BY_SHARE.cost_fraction(np.array([[50.0, np.nan]]), np.array([[np.nan, 100.0]]))
    assert np.isnan(found).all()
    assert BY_SHARE.cost_fraction(np.array([[50.0, 25.0]])).shape == (1, 2)
