from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError
from core.engine.panel import panel_arrays
from core.engine.predictions_on_panel import predictions_on_panel

TIMESTAMPS = pd.bdate_range("2024-01-01", periods=3, tz="UTC").as_unit("us")
INDEX = pd.MultiIndex.from_product([TIMESTAMPS, ["AAA", "BBB"]], names=["timestamp", "ticker"])
PANEL = pd.DataFrame(1.0, index=INDEX, columns=["open", "high", "low", "close", "volume"])


def on_panel(predictions, columns=("probability_1",)):
    return predictions_on_panel(panel_arrays(PANEL), PANEL.index, predictions, columns, "Strategy 'mine'")


def predictions(rows):
    return pd.DataFrame({"probability_1": np.arange(len(rows)) / 10, "fold": 1}, index=rows)


def test_predictions_fall_on_their_bars_and_others_are_missing():
    wide = on_panel(predictions(INDEX[[1, 4]]))
    np.testing.assert_array_equal(wide[0], [[np.nan, 0.0], [np.nan, np.nan], [0.1, np.nan]])


def test_rows_outside_the_panel_are_left_out():
    later = pd.MultiIndex.from_tuples([(TIMESTAMPS[2] + pd.Timedelta("3D"), "AAA")], names=INDEX.names)
    wide = on_panel(predictions(INDEX[[0]].append(later)))
    assert np.isfinite(wide).sum() == 1


def test_no_predictions_are_refused_with_the_next_step():
    with pytest.raises(DataError, match=r"Strategy 'mine' needs predictions.*predictions_run"):
        on_panel(None)


def test_missing_payoff_columns_name_a_labeler_that_gives_them():
    with pytest.raises(DataError, match=r"payoff_gain is missing.*They have probability_1, fold.*leverage_opportunity"):
        on_panel(predictions(INDEX), ("probability_1", "payoff_gain"))


def test_a_row_predicted_twice_is_refused():
    with pytest.raises(DataError, match=r"AAA is predicted twice at 2024-01-01 \(1 rows too many\).*path"):
        on_panel(predictions(INDEX[[0, 0, 1]]))


def test_predictions_of_other_bars_are_refused():
    others = pd.MultiIndex.from_product([TIMESTAMPS, ["ZZZ"]], names=INDEX.names)
    with pytest.raises(DataError, match="none of the 3 predictions is for a bar of the panel"):
        on_panel(predictions(others))
