"""The contract suite of feature steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from core.contracts.feature_step import FeatureStepPlugin
from core.testing.cuts import assert_same_values, cuts_of, until
from core.testing.panels import make_panel
from core.testing.plugin import PluginContractSuite

__all__ = ["FeatureStepContractSuite"]


class FeatureStepContractSuite(PluginContractSuite):
    """Inherit it, name `plugin_class`, and override `make_panel` if the step needs columns of earlier steps."""

    kind = "feature_steps"

    def make_panel(self, n_bars: int = 320, *, whole: bool = False) -> pd.DataFrame:
        """Return the data that the step is tried on; `whole` asks for no missing bars."""
        return make_panel(n_bars, 4, seed=11, missing=0.0 if whole else 0.03, staggered=not whole)

    def fitted(self, folder: Path, data: pd.DataFrame, name: str = "step") -> FeatureStepPlugin:
        """Return a step that was fitted on the first half of the bars, as training does."""
        step: FeatureStepPlugin = self.make_plugin(folder, name)
        timestamps = data.index.unique("timestamp")
        step.fit(until(data, timestamps[len(timestamps) // 2]))
        return step

    def test_it_adds_float_columns_on_the_same_index(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        added = self.fitted(tmp_path, panel).transform(panel)
        assert added.index.equals(panel.index)
        assert len(added.columns) > 0
        assert {str(dtype) for dtype in added.dtypes} == {"float64"}

    def test_its_columns_are_named_after_the_instance(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        columns = list(self.fitted(tmp_path, panel, "given").transform(panel).columns)
        assert [name for name in columns if name != "given" and not name.startswith("given_")] == []
        assert len(set(columns)) == len(columns)

    def test_its_values_are_finite_or_missing_and_some_are_known(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        added = self.fitted(tmp_path, panel).transform(panel)
        assert not np.isinf(added.to_numpy()).any()
        assert added.notna().any().all(), "a column has no value at all; give the suite longer data by make_panel"

    def test_it_leaves_its_input_as_it_was(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        before = panel.copy(deep=True)
        self.fitted(tmp_path, panel).transform(panel)
        pd.testing.assert_frame_equal(panel, before, check_exact=True)

    def test_two_instances_give_the_same_values(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        first, second = (self.fitted(tmp_path, panel).transform(panel) for _ in range(2))
        pd.testing.assert_frame_equal(first, second, check_exact=True)

    def test_a_ticker_alone_has_the_same_values_unless_it_says_that_it_compares_tickers(self, tmp_path: Path) -> None:
        panel = self.make_panel(whole=True)
        step = self.fitted(tmp_path, panel)
        if not step.compares_tickers:
            alone = panel.index.get_level_values("ticker") == panel.index[0][1]
            found, among = step.transform(panel[alone]), step.transform(panel)[alone]
            assert_same_values(among, found, "it compares tickers and does not say so; without the other tickers")

    def test_removing_later_bars_changes_no_earlier_value(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        step = self.fitted(tmp_path, panel)
        added = step.transform(panel)
        for cut in cuts_of(panel):
            part = step.transform(until(panel, cut))
            assert_same_values(until(added, cut), part, f"it looks ahead; without bars after {cut:%Y-%m-%d}")

    def test_a_value_depends_on_its_lookback_alone(self, tmp_path: Path) -> None:
        lookback = self.make_plugin(tmp_path).lookback_bars
        panel = self.make_panel(lookback + 60, whole=True)
        step = self.fitted(tmp_path, panel)
        added = step.transform(panel)
        timestamps = panel.index.unique("timestamp")
        for end in (lookback + 20, len(timestamps) - 1):
            window = until(panel, timestamps[end]).loc[timestamps[end - lookback] :]
            last = step.transform(window).xs(timestamps[end], level="timestamp")
            expected = added.xs(timestamps[end], level="timestamp")
            assert_same_values(expected, last, f"with {lookback} bars before it alone", rtol=1e-6)

    def test_what_it_says_it_reads_is_all_that_it_reads(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        step = self.fitted(tmp_path, panel)
        columns = step.input_columns
        if columns is not None:
            assert_same_values(step.transform(panel), step.transform(panel[[*columns]]), f"from {columns} alone")
