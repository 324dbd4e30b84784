"""The contract suite of brokers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.contracts.broker_terms import BrokerTerms
from core.testing.cuts import cuts_of, until
from core.testing.panels import make_panel
from core.testing.plugin import PluginContractSuite

__all__ = ["BrokerContractSuite"]


class BrokerContractSuite(PluginContractSuite):
    """Inherit it and name `plugin_class`."""

    kind = "brokers"

    def make_panel(self) -> pd.DataFrame:
        """Return the prices and the risk-free rate that terms are asked for."""
        return make_panel(120, 3, seed=15, missing=0.05, staggered=True)

    def terms(self, folder: Path, panel: pd.DataFrame) -> BrokerTerms:
        """Return a new broker's terms."""
        terms: BrokerTerms = self.make_plugin(folder).terms(panel)
        return terms

    def test_there_is_one_rate_a_bar(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        rates = self.terms(tmp_path, panel).financing.base_rate_annual
        assert rates.shape == (panel.index.unique("timestamp").size,)
        assert rates.dtype == np.float64
        assert np.isfinite(rates).all()

    def test_margin_is_a_fraction_and_maintenance_is_not_above_initial(self, tmp_path: Path) -> None:
        margin = self.terms(tmp_path, self.make_panel()).margin
        for initial, maintenance in (
            (margin.initial_long, margin.maintenance_long),
            (margin.initial_short, margin.maintenance_short),
            *((tier.initial, tier.maintenance) for tier in margin.tiers),
        ):
            assert 0.0 <= maintenance <= initial
        assert [tier.from_value for tier in margin.tiers] == sorted(tier.from_value for tier in margin.tiers)

    def test_fees_are_finite_and_not_negative(self, tmp_path: Path) -> None:
        fees = self.terms(tmp_path, self.make_panel()).fees
        for value in (fees.fee_bps, fees.fee_per_share, fees.minimum_fee, fees.cap_fraction, fees.slippage_bps):
            assert np.isfinite(value)
            assert value >= 0.0

    def test_fees_that_count_shares_say_that_they_need_real_shares(self, tmp_path: Path) -> None:
        terms = self.terms(tmp_path, self.make_panel())
        if terms.fees.fee_per_share > 0.0:
            assert terms.needs_real_shares or "allow_adjusted_shares" in self.plugin_class.Params.model_fields

    def test_removing_later_bars_changes_no_earlier_rate(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        whole = self.terms(tmp_path, panel).financing.base_rate_annual
        for cut in cuts_of(panel):
            part = self.terms(tmp_path, until(panel, cut)).financing.base_rate_annual
            np.testing.assert_array_equal(part, whole[: len(part)])

    def test_without_a_risk_free_rate_it_knows_its_own_or_refuses(self, tmp_path: Path) -> None:
        panel = self.make_panel().drop(columns="risk_free_rate_annual")
        try:
            rates = self.terms(tmp_path, panel).financing.base_rate_annual
        except DataError as refused:
            names_it = "risk_free_rate_annual" in str(refused)
        else:
            names_it = bool(np.isfinite(rates).all())
        assert names_it, "rates are not finite, or the error does not name risk_free_rate_annual"

    def test_it_leaves_its_input_as_it_was_and_repeats_itself(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        before = panel.copy(deep=True)
        first, second = self.terms(tmp_path, panel), self.terms(tmp_path, panel)
        pd.testing.assert_frame_equal(panel, before, check_exact=True)
        np.testing.assert_array_equal(first.financing.base_rate_annual, second.financing.base_rate_annual)
        assert (first.fees, first.margin) == (second.fees, second.margin)
