"""The mode train: its contract, what it refuses and what it says."""

import pytest
from qlop.testing import OrchestratorContractSuite

from core.base.errors import ConfigError
from core.config.run_config import RunConfig
from plugins.models.linear import Linear
from plugins.models.xgboost import XGBoost
from plugins.orchestrators.train import Train


class TestTrain(OrchestratorContractSuite):
    plugin_class = Train


class RegressionAlone(Linear):
    """A model of one task."""

    name = "regression_alone"
    tasks = frozenset({"regression"})


def test_the_summary_sets_the_scores_beside_the_base_rates(trained):
    words = " ".join(trained.summary.split())
    metrics = trained.metrics
    assert f"{metrics['n_rows']:,.0f} rows of {metrics['n_folds']:.0f} folds" in words
    assert f"effective sample size is {metrics['effective_sample_size']:,.0f}" in words
    assert f"{metrics['brier']:.4f}, the base rate's {metrics['base_rate_brier']:.4f}" in words
    is_worse = metrics["brier"] >= metrics["base_rate_brier"]
    assert ("no better than the base rate alone" in words) == is_worse
    assert trained.folder.joinpath("artifacts", "summary.txt").read_text(encoding="utf-8") == trained.summary


def test_a_model_that_cannot_learn_the_label_is_refused(modes, small):
    def make_plugin(kind, name, params):
        if kind == "models":
            return RegressionAlone(name, RegressionAlone.Params())
        return modes.make_plugin(kind, name, params)

    small["model"]["model_type"] = "regression_alone"
    config = RunConfig.model_validate({**small, "mode": "train"})
    with pytest.raises(
        ConfigError, match=r"^model.model_type is 'regression_alone', which does regression alone; .*'linear'"
    ):
        Train("train", Train.Params()).check_config(config, make_plugin)


@pytest.mark.parametrize("model", [Linear, XGBoost])
def test_the_models_that_the_refusal_names_do_both_tasks(model):
    assert model.tasks == {"classification", "regression"}


def test_adjusted_prices_are_refused_for_a_broker_that_counts_shares(modes, small):
    with pytest.raises(ConfigError, match="broker 'per_share' charges by the share"):
        modes.run("train", {**small, "broker": {"broker_type": "per_share"}})


def test_a_broker_whose_shares_may_be_adjusted_is_not_refused(modes, small):
    config = RunConfig.model_validate(
        {**small, "broker": {"broker_type": "per_share", "broker_params": {"allow_adjusted_shares": True}}}
    )
    Train("train", Train.Params()).check_config(config, modes.make_plugin)


def test_a_feature_without_a_value_to_learn_from_is_named_in_the_log(modes, small):
    small["features"].append(
        {"name": "far", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5000, 20]}}
    )
    outcome = modes.run("train", {**small, "model": {"model_type": "xgboost", "model_params": {"n_estimators": 5}}})
    assert outcome.status == "completed", outcome.error
    named = [warning for warning in modes.warnings() if warning.startswith("Feature ")]
    assert len(named) == 1
    assert named[0].startswith("Feature 'far_5000' has no value on any of the first ")


def test_features_without_any_value_to_learn_from_are_refused(modes, small):
    small["features"] = [
        {"name": "far", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5000]}}
    ]
    outcome = modes.run("train", {**small, "model": {"model_type": "xgboost"}})
    assert outcome.status == "failed"
    assert "features: none of the 1 columns (far_5000) has a value on any of the first" in outcome.error
