"""The contract suite of data sources."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pandas as pd
import pytest

from core.base.errors import DataError
from core.engine.panel import check_panel
from core.testing.plugin import PluginContractSuite

__all__ = ["DataSourceContractSuite"]


class DataSourceContractSuite(PluginContractSuite):
    """Inherit it and name `plugin_class`; override `params_in` where the source reads files, and write them there.

    Attributes
    ----------
    interval : str
        A bar length that the source holds.
    tickers : sequence of str or None
        What to ask for; None where the source has a default of its own.
    unknown_ticker, unknown_interval : str
        What it does not hold.
    """

    kind = "data_sources"
    interval = "1d"
    tickers: ClassVar[Sequence[str] | None] = None
    unknown_ticker = "NO_SUCH_TICKER"
    unknown_interval = "7m"

    def load(self, folder: Path) -> pd.DataFrame:
        """Return the panel of `tickers`."""
        panel: pd.DataFrame = self.make_plugin(folder).load_data(self.tickers, None, None, self.interval)
        return panel

    def test_what_it_returns_is_a_price_panel(self, tmp_path: Path) -> None:
        check_panel(self.load(tmp_path), origin=f"data source {self.plugin_class.name!r}")

    def test_it_repeats_itself(self, tmp_path: Path) -> None:
        pd.testing.assert_frame_equal(self.load(tmp_path), self.load(tmp_path), check_exact=True)

    def test_only_the_tickers_asked_for_come(self, tmp_path: Path) -> None:
        panel = self.load(tmp_path)
        ticker = panel.index.get_level_values("ticker")[0]
        alone = self.make_plugin(tmp_path).load_data([ticker], None, None, self.interval)
        expected = panel[panel.index.get_level_values("ticker") == ticker]
        pd.testing.assert_frame_equal(alone, expected, check_exact=True)

    def test_first_and_last_session_are_included_and_nothing_beyond(self, tmp_path: Path) -> None:
        panel = self.load(tmp_path)
        timestamps = panel.index.unique("timestamp")
        start, end = timestamps[len(timestamps) // 3].date(), timestamps[2 * len(timestamps) // 3].date()
        dates = panel.index.get_level_values("timestamp").to_series().dt.date.to_numpy()
        cut = self.make_plugin(tmp_path).load_data(self.tickers, start, end, self.interval)
        pd.testing.assert_frame_equal(cut, panel[(dates >= start) & (dates <= end)], check_exact=True)

    def test_an_unknown_ticker_is_refused_by_its_name(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match=self.unknown_ticker):
            self.make_plugin(tmp_path).load_data([self.unknown_ticker], None, None, self.interval)

    def test_an_unknown_interval_is_refused_by_its_name(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match=self.unknown_interval):
            self.make_plugin(tmp_path).load_data(self.tickers, None, None, self.unknown_interval)
