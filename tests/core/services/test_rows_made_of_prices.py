"""Prices that a bundle's model is asked about: what is told of them, and of the steps that make its features."""

import pandas as pd
import pytest

from core.engine.model_card import ModelCard
from core.engine.version_findings import model_version_findings, step_version_findings
from core.plugin.registry import PluginRegistry
from core.services.bundle_rows import asked_rows
from core.testing.example_model import LeastSquares

MOM = {"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [1]}}
DATA = {"interval": "1d", "adjustment": "total_return"}
PARAMS = {"price_adjustment": "total_return"}


def card(model_version="1.0.0", **description):
    made = {"data": DATA, "features": [MOM], "feature_step_versions": {"mom": "1.0.0"}, **description}
    return ModelCard("least_squares", model_version, {}, "regression", ("mom_1",), (), made, {})


@pytest.fixture
def prices(tmp_path):
    days = pd.bdate_range("2010-01-04", periods=12).strftime("%Y-%m-%d")
    table = pd.DataFrame({"date": days.repeat(2), "ticker": ["A", "B"] * 12, "open": 10.0, "high": 12.0, "low": 9.0})
    table = table.assign(close=[10.0 + k % 5 / 5 for k in range(24)], volume=1e5).drop(index=[8, 10])
    table.to_csv(tmp_path / "prices.csv", index=False)
    return tmp_path / "prices.csv"


def test_missing_bars_and_other_versions_of_feature_steps_are_told(prices):
    now = asked_rows(card(), prices, PARAMS, PluginRegistry())
    assert [finding for finding in now.findings if "bars are missing" in finding]
    assert not [finding for finding in now.findings if "version" in finding]
    then = asked_rows(card(feature_step_versions={"mom": "0.9.0"}), prices, PARAMS, PluginRegistry())
    assert set(then.findings) - set(now.findings) == {
        "Feature step 'mom' has version 1.0.0 here, and had 0.9.0 where the model was trained."
    }


def test_a_model_of_another_version_is_told_and_one_of_the_same_is_not():
    model = LeastSquares("least_squares", LeastSquares.Params())
    assert model_version_findings(card(), model) == []
    assert model_version_findings(card("0.8.0"), model) == [
        "Model 'least_squares' has version 1.0.0 here, and had 0.8.0 where the model was trained."
    ]
    assert step_version_findings(card(), []) == []
