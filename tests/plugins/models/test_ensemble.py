"""The `ensemble` model: averages, stacks by what its members say of rows that they have not seen, keeps every bit."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import qlop
from qlop.testing import ModelContractSuite

from core.plugin.registry import PluginRegistry
from plugins.models.ensemble import Ensemble
from plugins.models.linear import Linear
from plugins.models.xgboost import XGBoost

XGB = {"model_type": "xgboost", "model_params": {"n_estimators": 10, "min_child_weight": 1.0}}
LINEAR = {"model_type": "linear"}


class TestAverage(ModelContractSuite):
    plugin_class = Ensemble
    params: ClassVar[dict] = {"members": [LINEAR, XGB]}


class TestStacking(ModelContractSuite):
    plugin_class = Ensemble
    params: ClassVar[dict] = {"members": [LINEAR, XGB, XGB], "method": "stacking", "n_blocks": 2}


def rows(n_bars: int = 200, n_classes: int = 2, seed: int = 1, horizon: int = 5) -> qlop.TrainingData:
    random = np.random.default_rng(seed)
    bars = pd.date_range("2020-01-01", periods=n_bars, tz="UTC")
    index = pd.MultiIndex.from_product([bars, ["AAPL", "IBM"]], names=["timestamp", "ticker"])
    features = pd.DataFrame(random.normal(size=(len(index), 3)), index=index, columns=["a", "b", "noise"])
    score = features["a"] + 0.5 * features["b"] + random.normal(0, 0.7, len(index))
    if n_classes == 0:
        target = score
    else:
        target = pd.Series(pd.qcut(score, n_classes, labels=False).astype(float), index=index) - (n_classes > 2)
    ends = pd.Series(index.get_level_values("timestamp") + pd.Timedelta(days=horizon), index=index)
    weight = pd.Series(random.uniform(0.5, 1.5, len(index)), index=index)
    return qlop.TrainingData(features, target, weight, ends)


@pytest.fixture(scope="module")
def make_model():
    return partial(PluginRegistry().create, "models")


def ensemble(make_model, **params: object) -> Ensemble:
    made = Ensemble("ensemble", Ensemble.Params.model_validate(params))
    made.accept_models(make_model)
    return made


def trained(make_model, data: qlop.TrainingData, task: str = "classification", **params: object) -> Ensemble:
    made = ensemble(make_model, **params)
    made.train(data, None, qlop.TrainContext(task, seed=5))
    return made


class Recorder(qlop.ModelPlugin):
    """Remembers which rows taught it, and which it was asked about; says the mean of the target."""

    name = "recorder"
    log: ClassVar[list] = []

    def train(self, data, validation, context) -> None:
        del validation, context
        self.taught, self.ends, self.mean = data.features.index, data.label_end, data.target.mean()

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        self.log.append((self.taught, self.ends, features.index))
        return pd.DataFrame({"prediction": self.mean}, index=features.index)

    def save_model(self, folder: Path) -> None:
        raise NotImplementedError

    def load_model(self, folder: Path) -> None:
        raise NotImplementedError


class EarlierRows(Recorder):
    """The same, as one that reads earlier rows."""

    name = "earlier_rows"
    capabilities = frozenset({"earlier_rows"})


def test_an_average_is_the_weighted_mean_of_models_trained_alone(make_model) -> None:
    data = rows()
    both = trained(make_model, data, members=[{**LINEAR, "weight": 3.0}, XGB]).predict(data.features)
    alone = [Linear("linear", Linear.Params()), XGBoost("xgboost", XGBoost.Params(**XGB["model_params"]))]
    for place, model in enumerate(alone):
        model.train(data, None, qlop.TrainContext("classification", seed=5 + place))
    first, second = (model.predict(data.features)["probability_1"] for model in alone)
    assert both["probability_1"].to_numpy() == pytest.approx((0.75 * first + 0.25 * second).to_numpy(), abs=1e-7)


@pytest.mark.parametrize("kind", [Recorder, EarlierRows])
def test_no_row_that_taught_a_member_or_whose_label_reaches_into_a_block_is_predicted_by_it(kind) -> None:
    data = rows(n_classes=0, horizon=9)

    def make_model(model_type: str, model_params: dict) -> qlop.ModelPlugin:
        return kind("x", kind.Params()) if model_type == "x" else Linear("linear", Linear.Params(**model_params))

    Recorder.log.clear()
    trained(make_model, data, "regression", members=[{"model_type": "x"}], method="stacking", n_blocks=4)
    assert len(Recorder.log) == 4
    bars = data.features.index.unique("timestamp")
    for block, (taught, ends, asked) in enumerate(Recorder.log, start=1):
        start = bars[40 * block]
        predicted = asked[asked.get_level_values("timestamp") >= start]
        assert len(predicted) == 80
        assert asked.equals(predicted), "a history begins in the block: no row that taught is shown, and no later one"
        assert asked[-1][0] == bars[40 * block + 39]
        assert taught.intersection(predicted).empty
        assert ends.max() < start
        assert len(taught) == 2 * (40 * block - 9)


def test_stacking_learns_which_member_to_believe(make_model) -> None:
    data = rows(400, n_classes=0)
    blind = {"model_type": "xgboost", "model_params": {"n_estimators": 1, "learning_rate": 1e-3, "max_depth": 1}}
    members = [LINEAR, blind]
    stacked = trained(make_model, data, "regression", members=members, method="stacking")
    averaged = trained(make_model, data, "regression", members=members)
    later = rows(200, n_classes=0, seed=2)
    errors = [((m.predict(later.features)["prediction"] - later.target) ** 2).mean() for m in (stacked, averaged)]
    assert errors[0] < 0.8 * errors[1]
    assert errors[0] == pytest.approx(0.49, rel=0.2), "the noise that nobody can know"


@pytest.mark.parametrize("method", ["average", "stacking"])
@pytest.mark.parametrize(("n_classes", "task"), [(0, "regression"), (3, "classification")])
def test_saving_and_loading_keeps_every_bit(make_model, tmp_path: Path, method, n_classes: int, task: str) -> None:
    data = rows(n_classes=n_classes)
    params = {"members": [LINEAR, XGB, XGB], "method": method, "n_blocks": 2}
    model = trained(make_model, data, task, **params)
    model.save_model(tmp_path)
    loaded = ensemble(make_model, **params)
    loaded.load_model(tmp_path)
    pd.testing.assert_frame_equal(loaded.predict(data.features), model.predict(data.features), check_exact=True)
    pd.testing.assert_series_equal(loaded.feature_importances(), model.feature_importances(), check_exact=True)
    places = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"members/00/linear.skops", "members/01/booster.ubj", "members/02/booster.ubj"} <= places
    assert ("final/linear.skops" in places) == (method == "stacking")


def test_members_learn_with_seeds_of_their_own(make_model) -> None:
    data = rows()
    model = trained(make_model, data, members=[XGB, XGB])
    first, second = (member.predict(data.features) for member in model.joined_models().members)
    assert not first.equals(second)


def test_learning_curves_bear_the_members_names(make_model) -> None:
    seen: list[str] = []
    model = ensemble(make_model, members=[XGB, LINEAR, XGB], method="stacking", n_blocks=2)
    context = qlop.TrainContext("classification", report_metric=lambda name, _value, _step: seen.append(name))
    model.train(rows(), rows(60, seed=2), context)
    assert set(seen) == {
        f"{name}.{part}_logloss" for name in ("xgboost", "xgboost_2") for part in ("train", "validation")
    }
    assert len(seen) == 40


@pytest.mark.parametrize(("method", "n_models"), [("average", 3), ("stacking", 10)])
def test_progress_counts_the_models_and_the_share_of_the_one_that_learns(make_model, method, n_models) -> None:
    told: list[tuple] = []
    model = ensemble(make_model, members=[XGB, LINEAR, XGB], method=method, n_blocks=2)
    context = qlop.TrainContext("classification", report_progress=lambda *step: told.append(step))
    model.train(rows(), rows(60, seed=2), context)
    assert {step[1:] for step in told} == {(n_models, "models")}
    done = [step[0] for step in told]
    assert done == sorted(done)
    assert {*range(1, n_models + 1)} <= set(done), "each model counts, those that tell nothing too"
    assert 0.0 < done[0] < 1.0, "the share that the first one told of itself"


def test_importances_are_the_members_shares_weighted(make_model) -> None:
    data = rows()
    model = trained(make_model, data, members=[{**LINEAR, "weight": 3.0}, XGB])
    first, second = (member.feature_importances() for member in model.joined_models().members)
    expected = 0.75 * first / first.sum() + 0.25 * second / second.sum()
    assert model.feature_importances().to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-12)
    stacked = trained(make_model, data, members=[LINEAR, XGB], method="stacking").feature_importances()
    assert stacked.sum() == pytest.approx(1.0)
    assert stacked.idxmax() == "a"


def test_an_instance_can_do_what_its_members_can(make_model) -> None:
    assert ensemble(make_model, members=[LINEAR]).capabilities == {"missing_values"}
    assert ensemble(make_model, members=[LINEAR, XGB]).capabilities == {"missing_values", "early_stopping"}
    assert ensemble(make_model).capabilities == Ensemble.capabilities
    final = {"model_type": "lstm", "model_params": {"hidden_width": 2}}
    stacked = ensemble(make_model, members=[LINEAR], method="stacking", final_model=final)
    assert stacked.capabilities == {"missing_values", "earlier_rows"}


def test_members_that_are_not_there_or_do_not_go_together_are_refused_when_it_is_made(make_model) -> None:
    with pytest.raises(qlop.PluginError, match=r"No model named 'lineer'.*'linear'"):
        make_model("ensemble", {"members": [{"model_type": "lineer"}]})
    wrong = {"model_type": "linear", "model_params": {"penalty_strength": -1}}
    with pytest.raises(qlop.ConfigError, match=r"^members\.1\.model_params: .*penalty_strength is -1"):
        make_model("ensemble", {"members": [LINEAR, wrong]})
    with pytest.raises(qlop.ConfigError, match=r"^final_model\.model_params: .*penalty_strength is -1"):
        make_model("ensemble", {"members": [LINEAR], "method": "stacking", "final_model": wrong})
    with pytest.raises(qlop.PluginError, match=r"^final_model: No model named 'lineer'"):
        make_model(
            "ensemble", {"members": [LINEAR], "method": "stacking", "final_model": {**LINEAR, "model_type": "lineer"}}
        )

    class Valued(Linear):
        tasks = frozenset({"regression"})

    class Classed(Linear):
        tasks = frozenset({"classification"})

    kinds = {"valued": Valued, "classed": Classed}
    with pytest.raises(qlop.ConfigError, match="share no task"):
        ensemble(lambda name, _: kinds[name](name, Linear.Params()), members=[{"model_type": n} for n in kinds])


def test_a_history_whose_blocks_lack_a_class_cannot_be_stacked(make_model) -> None:
    data = rows()
    target = data.target * 0.0
    target.iloc[-20:] = 1.0
    late = qlop.TrainingData(data.features, target, None, data.label_end)
    with pytest.raises(qlop.TrainingError, match="none of the 5 blocks has rows of every class before it"):
        trained(make_model, late, members=[LINEAR], method="stacking")


def test_another_composition_or_a_spoilt_member_is_refused(make_model, tmp_path: Path) -> None:
    trained(make_model, rows(), members=[LINEAR, XGB]).save_model(tmp_path)
    with pytest.raises(qlop.DataError, match="the parameters are those of"):
        ensemble(make_model, members=[XGB, LINEAR]).load_model(tmp_path)
    (tmp_path / "members" / "00" / "linear.skops").write_bytes(b"garbage")
    with pytest.raises(qlop.DataError, match="not a readable skops file"):
        ensemble(make_model, members=[LINEAR, XGB]).load_model(tmp_path)
    (tmp_path / "members.json").write_text(json.dumps(["linear"]))
    with pytest.raises(qlop.DataError, match=r"members\.json"):
        ensemble(make_model, members=[LINEAR, XGB]).load_model(tmp_path)


@pytest.mark.parametrize(("version", "is_taken"), [("1.7.0", True), ("2.0.0", False), ("0.9.0", False)])
def test_a_member_saved_by_another_major_version_of_its_plugin_is_refused_by_name(
    make_model, tmp_path: Path, version: str, is_taken: bool
) -> None:
    params = {"members": [LINEAR, XGB], "method": "stacking", "n_blocks": 2}
    trained(make_model, rows(), **params).save_model(tmp_path)
    card = json.loads((tmp_path / "members.json").read_text())
    assert card["members"][1] == {"name": "xgboost", "model_type": "xgboost", "version": XGBoost.version}
    assert card["final_model"] == {"model_type": "linear", "version": Linear.version}
    card["members"][1]["version"] = version
    (tmp_path / "members.json").write_text(json.dumps(card))
    loading = ensemble(make_model, **params)
    if is_taken:
        loading.load_model(tmp_path)
    else:
        with pytest.raises(qlop.DataError, match=rf"'xgboost' was saved by version {version} .* 1\.0\.0 is installed"):
            loading.load_model(tmp_path)


def test_shap_values_of_an_average_of_values_are_the_members_own_weighted(make_model) -> None:
    data = rows(n_classes=0)
    model = trained(make_model, data, "regression", members=[{**LINEAR, "weight": 3.0}, XGB])
    shap = model.shap_values(data.features)
    assert shap.sum(axis=1).to_numpy() == pytest.approx(model.predict(data.features)["prediction"].to_numpy(), abs=1e-5)
    first, second = (member.shap_values(data.features) for member in model.joined_models().members)
    assert shap["a"].to_numpy() == pytest.approx((0.75 * first["a"] + 0.25 * second["a"]).to_numpy(), abs=1e-12)
    assert trained(make_model, rows(), members=[LINEAR, XGB]).shap_values(data.features) is None


@pytest.mark.parametrize("n_classes", [0, 2])
def test_shap_values_of_a_stack_under_a_linear_model_sum_to_its_value_or_log_odds(make_model, n_classes: int) -> None:
    data = rows(n_classes=n_classes)
    task = "classification" if n_classes else "regression"
    model = trained(make_model, data, task, members=[LINEAR, XGB], method="stacking", n_blocks=2)
    shap, answer = model.shap_values(data.features), model.predict(data.features)
    expected = answer["prediction"]
    if n_classes:
        expected = np.log(answer["probability_1"]) - np.log(answer["probability_0"])
    assert shap.sum(axis=1).to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-5)
    joined = model.joined_models()
    _, scaler, regression = (step for _, step in joined.final.library_object().steps)
    slopes = regression.coef_.ravel() / scaler.scale_
    first, second = (member.shap_values(data.features) for member in joined.members)
    assert shap["a"].to_numpy() == pytest.approx(
        (slopes[0] * first["a"] + slopes[1] * second["a"]).to_numpy(), abs=1e-12
    )


@pytest.mark.parametrize(
    ("n_classes", "final"), [(3, LINEAR), (2, XGB)], ids=["three classes", "a final model of trees"]
)
def test_a_stack_that_is_no_sum_of_its_members_has_no_shap_values(make_model, n_classes: int, final: dict) -> None:
    data = rows(n_classes=n_classes)
    model = trained(make_model, data, members=[LINEAR], method="stacking", n_blocks=2, final_model=final)
    assert model.shap_values(data.features) is None


def test_without_a_way_to_other_models_it_says_so() -> None:
    with pytest.raises(qlop.PluginError, match="call accept_models first"):
        Ensemble("ensemble", Ensemble.Params()).train(rows(), None, qlop.TrainContext("classification"))
