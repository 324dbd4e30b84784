"""The contract suite of strategies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError
from core.testing.cuts import assert_same_values, cuts_of, until
from core.testing.panels import make_panel
from core.testing.plugin import PluginContractSuite

__all__ = ["StrategyContractSuite"]


class StrategyContractSuite(PluginContractSuite):
    """Inherit it, name `plugin_class`; override `make_predictions` if the strategy reads columns of its own.

    A strategy with the capability `looks_ahead` is spared the cuts: it says itself that no verdict may rest on it.
    """

    kind = "strategies"

    def make_panel(self) -> pd.DataFrame:
        """Return the prices that the strategy is tried on."""
        return make_panel(320, 4, seed=13, missing=0.03, staggered=True)

    def make_predictions(self, panel: pd.DataFrame) -> pd.DataFrame:
        """Return out-of-sample predictions on the later half of the panel."""
        timestamps = panel.index.unique("timestamp")
        rows = panel.index[panel.index.get_level_values("timestamp") > timestamps[len(timestamps) // 2]]
        generator = np.random.default_rng(14)
        probability = generator.uniform(0.05, 0.95, len(rows))
        decided = timestamps.get_indexer(rows.get_level_values("timestamp"))
        return pd.DataFrame(
            {
                "prediction": (probability > 0.5).astype(np.float64),
                "probability_0": 1.0 - probability,
                "probability_1": probability,
                "fold": (np.arange(len(rows)) * 3 // len(rows)),
                "target": generator.integers(0, 2, len(rows)).astype(np.float64),
                "label_end": timestamps[np.minimum(decided + 6, len(timestamps) - 1)],
                "payoff_probability": np.clip(probability + 0.02, 0.0, 1.0),
                "payoff_gain": 0.03,
                "payoff_loss": 0.025,
            },
            index=rows,
        )

    def signals(self, folder: Path, panel: pd.DataFrame, predictions: pd.DataFrame | None) -> pd.Series:
        """Return a new strategy's exposures."""
        signals: pd.Series = self.make_plugin(folder).generate_signals(panel, predictions)
        return signals

    def predictions_for(self, panel: pd.DataFrame) -> pd.DataFrame | None:
        """Return predictions where the strategy needs them, else None."""
        return self.make_predictions(panel) if self.plugin_class.needs_predictions else None

    def test_exposures_stand_on_the_panels_index(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        signals = self.signals(tmp_path, panel, self.predictions_for(panel))
        assert signals.name == "exposure"
        assert signals.index.equals(panel.index)
        assert str(signals.dtype) == "float64"

    def test_exposures_are_finite_or_missing_and_some_are_decided(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        signals = self.signals(tmp_path, panel, self.predictions_for(panel))
        assert not np.isinf(signals.to_numpy()).any()
        assert signals.notna().any()

    def test_removing_later_bars_changes_no_earlier_exposure(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        predictions = self.predictions_for(panel)
        signals = self.signals(tmp_path, panel, predictions)
        timestamps = panel.index.unique("timestamp")
        # Where predictions are needed, a cut before the first of them would leave none to decide on.
        cuts = list(cuts_of(panel)) if predictions is None else timestamps[[len(timestamps) * 3 // 5, -10, -2]]
        for cut in [] if "looks_ahead" in self.plugin_class.capabilities else cuts:
            known = None if predictions is None else until(predictions, cut)
            part = self.signals(tmp_path, until(panel, cut), known)
            assert_same_values(until(signals, cut), part, f"it looks ahead; without bars after {cut:%Y-%m-%d}")

    def test_it_does_not_read_what_the_predictions_say_of_the_future(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        predictions = self.make_predictions(panel)
        blind = predictions.assign(target=1.0 - predictions["target"], label_end=predictions["label_end"].max())
        with_truth, without = (self.signals(tmp_path, panel, frame) for frame in (predictions, blind))
        assert_same_values(with_truth, without, "it reads target or label_end, which nobody knows at the close of t")

    def test_the_columns_that_it_says_it_needs_are_all_that_it_needs(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        predictions = self.make_predictions(panel)
        plugin = self.make_plugin(tmp_path)
        assert plugin.label_side in {"long", "short", None}
        if plugin.needed_columns:
            needed = predictions[list(plugin.needed_columns)]
            whole, part = (self.signals(tmp_path, panel, frame) for frame in (predictions, needed))
            assert_same_values(whole, part, "it reads columns that needed_columns does not name; without them")

    def test_missing_predictions_are_refused_where_they_are_needed(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        if self.plugin_class.needs_predictions:
            with pytest.raises(DataError):
                self.signals(tmp_path, panel, None)
            with pytest.raises(DataError):
                self.signals(tmp_path, panel, self.make_predictions(panel)[["fold", "target", "label_end"]])
        else:
            assert len(self.signals(tmp_path, panel, None)) == len(panel)

    def test_it_leaves_its_input_as_it_was_and_repeats_itself(self, tmp_path: Path) -> None:
        panel = self.make_panel()
        predictions = self.make_predictions(panel)
        before, predicted_before = panel.copy(deep=True), predictions.copy(deep=True)
        first, second = (self.signals(tmp_path, panel, predictions) for _ in range(2))
        pd.testing.assert_frame_equal(panel, before, check_exact=True)
        pd.testing.assert_frame_equal(predictions, predicted_before, check_exact=True)
        pd.testing.assert_series_equal(first, second, check_exact=True)
