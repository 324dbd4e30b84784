"""The contract suite of labelers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms, MarginTerms
from core.testing.cuts import assert_same_values, cuts_of, until
from core.testing.panels import make_panel
from core.testing.plugin import PluginContractSuite

__all__ = ["LabelerContractSuite"]


class LabelerContractSuite(PluginContractSuite):
    """Inherit it, name `plugin_class`; override `make_terms` if the label needs other terms."""

    kind = "labelers"

    def make_panel(self) -> pd.DataFrame:
        """Return the prices that the labeler is tried on."""
        return make_panel(260, 4, seed=12, missing=0.03, staggered=True)

    def make_terms(self, panel: pd.DataFrame) -> BrokerTerms:
        """Return the account's terms for the panel's timestamps."""
        rates = panel["risk_free_rate_annual"].groupby(level="timestamp").first().to_numpy(dtype=np.float64)
        financing = FinancingTerms(rates, debit_spread_annual=0.015)
        margin = MarginTerms(initial_long=0.3, initial_short=0.3, maintenance_long=0.2, maintenance_short=0.2)
        return BrokerTerms(financing, FeeTerms(fee_bps=5.0), margin)

    def labels(self, folder: Path, panel: pd.DataFrame) -> pd.DataFrame:
        """Return a new labeler's labels of the panel."""
        labels: pd.DataFrame = self.make_plugin(folder).label(panel, terms=self.make_terms(panel))
        return labels

    def test_labels_stand_on_the_same_index(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        labels = self.labels(tmp_path, panel)
        assert labels.index.equals(panel.index)
        assert {"target", "label_end"} <= set(labels.columns)
        assert str(labels["target"].dtype) == "float64"
        assert str(labels["label_end"].dt.tz) == "UTC"

    def test_a_target_is_missing_exactly_where_its_end_is(self, tmp_path: Path) -> None:
        labels = self.labels(tmp_path, self.make_panel())
        assert (labels["target"].isna() == labels["label_end"].isna()).all()
        assert labels["target"].notna().any()
        assert not np.isinf(labels["target"].to_numpy()).any()

    def test_a_label_ends_at_its_bar_or_later(self, tmp_path: Path) -> None:
        labels = self.labels(tmp_path, self.make_panel()).dropna(subset=["target"])
        assert (labels["label_end"] >= labels.index.get_level_values("timestamp")).all()
        assert labels["label_end"].isin(labels.index.unique("timestamp")).any()

    def test_classes_are_whole_numbers(self, tmp_path: Path) -> None:
        plugin = self.make_plugin(tmp_path)
        assert plugin.task in {"classification", "regression"}
        target = self.labels(tmp_path, self.make_panel())["target"].dropna()
        if plugin.task == "classification":
            assert (target == target.round()).all()
            assert 2 <= target.nunique() <= 20

    def test_its_question_is_a_line_of_words_or_none(self, tmp_path: Path) -> None:
        question = self.make_plugin(tmp_path).question
        assert isinstance(question, str)
        assert question == " ".join(question.split()), "a question is one line"

    def test_the_side_and_the_classes_that_it_tells_are_such(self, tmp_path: Path) -> None:
        plugin = self.make_plugin(tmp_path)
        assert plugin.label_side in {"long", "short", None}
        if plugin.classes is not None:
            assert plugin.task == "classification"
            assert list(plugin.classes) == sorted(set(plugin.classes))
            assert self.labels(tmp_path, self.make_panel())["target"].dropna().isin(plugin.classes).all()

    def test_a_payoff_is_known_where_the_target_is(self, tmp_path: Path) -> None:
        labels = self.labels(tmp_path, self.make_panel())
        if "payoff" in labels:
            assert str(labels["payoff"].dtype) == "float64"
            assert np.isfinite(labels.loc[labels["target"].notna(), "payoff"]).all()

    def test_a_label_depends_on_no_bar_after_its_end(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        labels = self.labels(tmp_path, panel)
        numbers = labels.select_dtypes("number").columns
        for cut in cuts_of(panel):
            part = self.labels(tmp_path, until(panel, cut))
            has_ended = (until(labels, cut)["label_end"] <= cut).to_numpy()
            expected, found = until(labels, cut)[has_ended], part[has_ended]
            assert_same_values(expected[numbers], found[numbers], f"without bars after {cut:%Y-%m-%d}")
            assert (expected["label_end"] == found["label_end"]).all()

    def test_a_label_whose_end_is_cut_off_is_missing(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        labels = self.labels(tmp_path, panel)
        for cut in cuts_of(panel):
            part = self.labels(tmp_path, until(panel, cut))
            is_open = (until(labels, cut)["label_end"] > cut).to_numpy()
            assert part.loc[is_open, "target"].isna().all(), f"resolved though bars after {cut:%Y-%m-%d} are missing"

    def test_later_terms_change_no_label_that_has_ended(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        terms = self.make_terms(panel)
        middle = len(terms.financing.base_rate_annual) // 2
        rates = terms.financing.base_rate_annual.copy()
        rates[middle + 1 :] += 0.05
        cut = panel.index.unique("timestamp")[middle]
        changed = replace(terms, financing=replace(terms.financing, base_rate_annual=rates))
        before = self.make_plugin(tmp_path).label(panel, terms=terms)
        after = self.make_plugin(tmp_path).label(panel, terms=changed)
        has_ended = (before["label_end"] <= cut).to_numpy()
        assert_same_values(
            before.loc[has_ended, ["target"]], after.loc[has_ended, ["target"]], "with other later rates"
        )

    def test_it_leaves_its_input_as_it_was_and_repeats_itself(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        before = panel.copy(deep=True)
        first, second = self.labels(tmp_path, panel), self.labels(tmp_path, panel)
        pd.testing.assert_frame_equal(panel, before, check_exact=True)
        pd.testing.assert_frame_equal(first, second, check_exact=True)
