"""Promises that all built-in feature steps share, each under several parameter sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.engine.features import FeaturePipeline
from core.engine.look_ahead import check_no_look_ahead
from plugins.feature_steps.atr import Atr
from plugins.feature_steps.calendar import Calendar
from plugins.feature_steps.cross_sectional_rank import CrossSectionalRank
from plugins.feature_steps.drawdown import Drawdown
from plugins.feature_steps.macd import Macd
from plugins.feature_steps.momentum import Momentum
from plugins.feature_steps.moving_average_ratio import MovingAverageRatio
from plugins.feature_steps.realized_volatility import RealizedVolatility
from plugins.feature_steps.returns import Returns
from plugins.feature_steps.rsi import Rsi
from plugins.feature_steps.volume_z_score import VolumeZScore

ROOT = Path(__file__).parents[3]

CASES = [
    (Momentum, {"horizons_bars": [5, 20], "skip_bars": 2}, 20),
    (Returns, {"horizons_bars": [1, 5], "lags_bars": [0, 3]}, 8),
    (Returns, {"kind": "log"}, 1),
    (RealizedVolatility, {"windows_bars": [10]}, 10),
    (RealizedVolatility, {"windows_bars": [10], "estimator": "parkinson"}, 9),
    (RealizedVolatility, {"windows_bars": [10], "estimator": "garman_klass"}, 9),
    (Drawdown, {"windows_bars": [15]}, 14),
    (Drawdown, {"windows_bars": [15], "measures": ["max_drawdown"]}, 28),
    (Rsi, {"window_bars": 5}, 5),
    (Macd, {"fast_bars": 3, "slow_bars": 6, "signal_bars": 4}, 8),
    (Atr, {"window_bars": 5}, 5),
    (MovingAverageRatio, {"pairs_bars": [[1, 10], [5, 20]]}, 19),
    (MovingAverageRatio, {"pairs_bars": [[3, 8]], "average": "exponential"}, 7),
    (VolumeZScore, {"windows_bars": [12]}, 11),
    (CrossSectionalRank, {"column": "close"}, 0),
    (Calendar, {"parts": ["day_of_week", "day_of_month", "month", "turn_of_month"]}, 0),
]
IDS = [f"{case[0].name}-{number}" for number, case in enumerate(CASES)]


def made(plugin_class, params):
    return plugin_class("step", plugin_class.Params(**params))


@pytest.mark.parametrize(("plugin_class", "params", "warm_up"), CASES, ids=IDS)
def test_no_value_changes_when_later_bars_are_removed(plugin_class, params, warm_up, uneven_panel):
    pipeline = FeaturePipeline([made(plugin_class, params)])
    assert check_no_look_ahead(pipeline, uneven_panel, cuts=6, seed=1).n_values > 0


@pytest.mark.parametrize(("plugin_class", "params", "warm_up"), CASES, ids=IDS)
def test_a_ticker_is_nan_in_its_own_first_bars_and_never_after(plugin_class, params, warm_up, uneven_panel):
    features = FeaturePipeline([made(plugin_class, params)]).transform(uneven_panel)
    cross_sectional = plugin_class is CrossSectionalRank
    for _, rows in features.groupby(level="ticker"):
        complete = rows.notna().all(axis=1).to_numpy()
        assert not complete[:warm_up].any()
        assert complete[warm_up:].all() or cross_sectional


@pytest.mark.parametrize(("plugin_class", "params", "warm_up"), CASES, ids=IDS)
def test_the_last_value_needs_only_the_lookback_that_the_step_states(plugin_class, params, warm_up, uneven_panel):
    step = made(plugin_class, params)
    features = FeaturePipeline([step]).transform(uneven_panel)
    needed = uneven_panel.groupby(level="ticker").tail(step.lookback_bars + 1)
    shorter = FeaturePipeline([step]).transform(needed)
    at = uneven_panel.index[-1]
    np.testing.assert_allclose(shorter.loc[at], features.loc[at], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("plugin_class", "params", "warm_up"), CASES, ids=IDS)
def test_features_do_not_depend_on_the_unit_of_prices_and_volume(plugin_class, params, warm_up, uneven_panel):
    if plugin_class is VolumeZScore:
        params = {**params, "logarithmic": False}
    pipeline = FeaturePipeline([made(plugin_class, params)])
    expected = pipeline.transform(uneven_panel)
    pd.testing.assert_frame_equal(pipeline.transform(uneven_panel * 7.0), expected, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(("plugin_class", "params", "warm_up"), CASES, ids=IDS)
def test_a_ticker_alone_has_the_same_values_as_in_company(plugin_class, params, warm_up, uneven_panel):
    pipeline = FeaturePipeline([made(plugin_class, params)])
    alone = uneven_panel[uneven_panel.index.get_level_values("ticker") == "CCC"]
    company = pipeline.transform(uneven_panel).loc[alone.index]
    expected = company * np.nan if plugin_class is CrossSectionalRank else company
    pd.testing.assert_frame_equal(pipeline.transform(alone), expected, check_exact=True)


@pytest.mark.parametrize(("plugin_class", "params", "warm_up"), CASES, ids=IDS)
def test_transform_leaves_its_input_as_it_was(plugin_class, params, warm_up, uneven_panel):
    before = uneven_panel.copy(deep=True)
    made(plugin_class, params).transform(uneven_panel)
    pd.testing.assert_frame_equal(uneven_panel, before, check_exact=True)


def test_the_cases_above_hold_every_built_in_feature_step():
    files = {path.stem for path in (ROOT / "plugins" / "feature_steps").glob("[a-z]*.py")}
    assert {case[0].name for case in CASES} == files


@pytest.mark.parametrize("plugin_class", sorted({case[0] for case in CASES}, key=lambda c: c.name))
def test_every_feature_step_and_parameter_is_documented(plugin_class):
    page = (ROOT / "docs" / "features_and_labels.md").read_text(encoding="utf-8")
    section = page.split(f"### `{plugin_class.name}`", 1)[1].split("\n### ", 1)[0]
    for field in plugin_class.Params.model_fields:
        assert f"`{field}`" in section
