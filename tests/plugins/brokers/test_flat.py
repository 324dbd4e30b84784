from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from qlop import DataError, MarginTerms, MarginTier
from qlop.testing import BrokerContractSuite

from core.config.sections import ExecutionConfig
from core.engine.backtest import run_backtest
from plugins.brokers.flat import Flat

FRIDAY_TO_TUESDAY = pd.DatetimeIndex(["2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09"], tz="UTC").as_unit("us")


class TestFlat(BrokerContractSuite):
    plugin_class = Flat


def flat(**params):
    return Flat("flat", Flat.Params.model_validate(params))


def panel_of(rates=(0.036, 0.036, 0.036, 0.036), tickers=("AAA",)):
    index = pd.MultiIndex.from_product([FRIDAY_TO_TUESDAY, tickers], names=["timestamp", "ticker"])
    panel = pd.DataFrame(100.0, index=index, columns=["open", "high", "low", "close", "volume"])
    return panel.assign(risk_free_rate_annual=np.repeat(rates, len(tickers)))


def test_the_defaults_are_five_bps_rate_plus_150_and_regulation_t():
    terms = flat().terms(panel_of())
    assert (terms.fees.fee_bps, terms.fees.slippage_bps, terms.fees.fee_per_share) == (5.0, 0.0, 0.0)
    assert (terms.financing.debit_spread_annual, terms.financing.basis, terms.financing.accrual) == (
        0.015,
        360.0,
        "simple",
    )
    assert terms.financing.credit_spread_annual is None
    margin = terms.margin
    assert (margin.initial_long, margin.maintenance_long) == (0.5, 0.25)
    assert (margin.initial_short, margin.maintenance_short) == (0.5, 0.3)
    assert not terms.needs_real_shares


def test_interest_of_a_debit_over_a_weekend_by_hand():
    # 1,000 of equity at 1.5x on Friday's open: a debit of 500 at .036 + .015 from Friday to Monday, three days of 360.
    panel = panel_of()
    signals = pd.Series([1.5, 1.5, 1.5, np.nan], index=panel.index)
    terms = flat(fee_bps=0.0).terms(panel)
    result = run_backtest(panel, signals, terms, ExecutionConfig(initial_cash=1000.0, close_at_end="off"))
    interest = result.costs.set_index("timestamp")["debit_interest"]
    weekend = 500.0 * 0.051 * 3 / 360
    assert interest[FRIDAY_TO_TUESDAY[2]] == pytest.approx(-weekend)
    assert interest[FRIDAY_TO_TUESDAY[3]] == pytest.approx(-(500.0 + weekend) * 0.051 / 360)
    assert result.equity["equity"].iloc[-1] == pytest.approx(1000.0 + interest.sum())


def test_the_rate_is_the_bars_own_and_every_ticker_may_give_it():
    panel = panel_of(rates=(0.01, 0.02, 0.03, 0.04), tickers=("AAA", "BBB"))
    panel.iloc[2, -1] = np.nan
    np.testing.assert_array_equal(flat().terms(panel).financing.base_rate_annual, [0.01, 0.02, 0.03, 0.04])


def test_a_rate_of_its_own_comes_before_the_panels():
    rates = flat(base_rate_annual=0.07).terms(panel_of()).financing.base_rate_annual
    np.testing.assert_array_equal(rates, np.full(4, 0.07))


def test_a_panel_without_rates_is_refused_with_the_next_step():
    with pytest.raises(DataError, match=r"no column risk_free_rate_annual.*base_rate_annual, such as 0\.03"):
        flat().terms(panel_of().drop(columns="risk_free_rate_annual"))


def test_a_missing_rate_names_its_day():
    with pytest.raises(DataError, match=r"is nan at 2024-01-08 \(1 of 4 bars so\).*base_rate_annual"):
        flat().terms(panel_of(rates=(0.01, 0.02, np.nan, 0.04)))


def test_margin_parameters_become_the_engines_terms():
    margin = {
        "account": "isolated",
        "tiers": [
            {"from_value": 0, "initial": 0.1, "maintenance": 0.05},
            {"from_value": 5e4, "initial": 0.2, "maintenance": 0.1},
        ],
        "check": "close",
        "liquidate_to": "flat",
        "liquidation_order": "largest_loss_first",
        "liquidation_fee_bps": 10.0,
        "insufficient_margin": "reject",
    }
    assert flat(margin=margin).terms(panel_of()).margin == MarginTerms(
        account="isolated",
        tiers=(MarginTier(0.0, 0.1, 0.05), MarginTier(5e4, 0.2, 0.1)),
        check="close",
        liquidate_to="flat",
        liquidation_order="largest_loss_first",
        liquidation_fee_bps=10.0,
        insufficient_margin="reject",
    )


def test_financing_parameters_become_the_engines_terms():
    financing = (
        flat(
            debit_spread_annual=0.02,
            credit_spread_annual=0.005,
            borrow_fee_annual=0.01,
            short_rebate_spread_annual=0.003,
            basis=365.25,
            accrual="compound",
            short_proceeds="free",
        )
        .terms(panel_of())
        .financing
    )
    assert (financing.debit_spread_annual, financing.credit_spread_annual) == (0.02, 0.005)
    assert (financing.borrow_fee_annual, financing.short_rebate_spread_annual) == (0.01, 0.003)
    assert (financing.basis, financing.accrual, financing.short_proceeds) == (365.25, "compound", "free")


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"basis": 364}, "basis is 364; it must be one of 360, 365, 365.25"),
        ({"accrual": "per_bar", "base_rate_annual": 0.03}, "per_bar reads the panel's rates"),
        ({"margin": {"initial_long": 0.2}}, "maintenance_long 0.25 is above initial_long 0.2"),
        ({"margin": {"tiers": [{"from_value": 5, "initial": 0.2, "maintenance": 0.1}]}}, "the first must begin at 0"),
        ({"margin": {"tiers": [{"from_value": 0, "initial": 0.1, "maintenance": 0.2}]}}, "maintenance 0.2 is above"),
        ({"fee_bps": -1}, "fee_bps"),
    ],
)
def test_parameters_that_no_account_has_are_refused(params, complaint):
    with pytest.raises(ValidationError, match=complaint):
        Flat.Params.model_validate(params)
