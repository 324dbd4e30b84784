"""Training keeps its promises: nothing from the future, everything reported, the same bytes again."""

from __future__ import annotations

import json
import weakref
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import qlop

from core.base.errors import ConfigError, DataError, RunCancelled, TrainingError
from core.config.sections import SplitsConfig, TrainModelConfig
from core.engine.features import FeaturePipeline
from core.engine.model_artifact import save_fitted_model
from core.engine.splits import final_fold, make_folds
from core.engine.training import TrainingResult, TrainingTask, train_model
from plugins.models.linear import Linear
from plugins.models.xgboost import XGBoost

N_BARS = 420
TICKERS = ("AAA", "BBB")
HORIZON = 5
SPLITS = SplitsConfig(train_bars=240, test_bars=60)


class Lags(qlop.FeatureStepPlugin):
    """Log returns over 1 and 5 bars; unknown in the first bars."""

    name = "lags"

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        by_ticker = np.log(data["close"]).groupby(level=1)
        return pd.DataFrame({f"{self.name}_{h}": by_ticker.diff(h) for h in (1, 5)}, index=data.index)


class Centred(qlop.FeatureStepPlugin):
    """The close less the mean close of the rows it was fitted on."""

    name = "centred"

    def __init__(self, name: str, params: qlop.Params) -> None:
        super().__init__(name, params)
        self.seen: list[pd.Index] = []
        self.mean = 0.0

    def fit(self, data: pd.DataFrame) -> None:
        self.seen.append(data.index)
        self.mean = float(data["close"].mean())

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({self.name: data["close"] - self.mean}, index=data.index)


class Shares(qlop.ModelPlugin):
    """Predicts each class's weighted share of the training rows, tilted by the first feature; keeps what it was given."""

    name = "shares"

    def train(self, data: qlop.TrainingData, validation: qlop.TrainingData | None, context: qlop.TrainContext) -> None:
        self.data, self.validation, self.context = data, validation, context
        weight = np.ones(len(data.target)) if data.sample_weight is None else data.sample_weight.to_numpy()
        classes = np.unique(data.target)
        self.shares = {c: float(weight[data.target == c].sum() / weight.sum()) for c in classes}
        context.report_metric("loss", 0.5, 1)

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        tilt = np.tanh(features.iloc[:, 0].fillna(0.0) * 10) * 0.05
        odds = {c: share * (1 + tilt * k) for k, (c, share) in enumerate(self.shares.items())}
        total = sum(odds.values())
        frame = pd.DataFrame({f"probability_{c:g}": value / total for c, value in odds.items()}, index=features.index)
        frame.insert(0, "prediction", np.array(list(odds))[frame.to_numpy().argmax(axis=1)])
        return frame

    def save_model(self, folder: Path) -> None:
        (folder / "shares.json").write_text(json.dumps(list(self.shares.items())))

    def load_model(self, folder: Path) -> None:
        self.shares = dict(json.loads((folder / "shares.json").read_text()))


class WatchfulShares(Shares):
    """As `Shares`, with both capabilities."""

    name = "watchful_shares"
    capabilities = frozenset({"early_stopping", "missing_values"})


@dataclass
class Notebook:
    """A reporter that writes everything down, and cancels after so many checks."""

    checks_left: int = 1_000_000
    progressed: list[tuple] = field(default_factory=list)
    metrics: list[tuple] = field(default_factory=list)
    logged: list[tuple] = field(default_factory=list)

    def progress(self, step: str, value: float, total: float, unit: str = "fits", *, within: str = "") -> None:
        self.progressed.append((step, value, total) if not within else (step, value, total, unit, within))

    def metric(self, name: str, value: float | None, step: int | None, fold: int | None) -> None:
        self.metrics.append((name, value, step, fold))

    def log(self, message: str, *, level: str = "info", **fields: object) -> None:
        self.logged.append((message, level, fields))

    def check_cancelled(self) -> None:
        self.checks_left -= 1
        if self.checks_left < 0:
            raise RunCancelled("The run was asked to stop.")


def market(seed: int = 5) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A panel of two tickers with some momentum, and labels on the next five bars' return."""
    random = np.random.default_rng(seed)
    timestamps = pd.date_range("2010-01-04", periods=N_BARS, freq="B", tz="UTC")
    shocks = random.normal(0.0002, 0.01, (N_BARS, len(TICKERS)))
    drift = pd.DataFrame(shocks).rolling(5, min_periods=1).mean().shift(1, fill_value=0.0).to_numpy()
    close = 100 * np.exp(np.cumsum(shocks + 0.5 * drift, axis=0))
    index = pd.MultiIndex.from_product([timestamps, TICKERS], names=["timestamp", "ticker"])
    data = pd.DataFrame({name: close.ravel() for name in ("open", "high", "low", "close")}, index=index)
    data["volume"] = 1e6
    payoff = np.full_like(close, np.nan)
    payoff[: -HORIZON - 1] = close[HORIZON + 1 :] / close[1:-HORIZON] - 1
    ends = pd.Series(timestamps).shift(-HORIZON - 1).repeat(len(TICKERS))
    target = np.where(np.isnan(payoff), np.nan, payoff > 0).ravel()
    labels = pd.DataFrame({"target": target, "label_end": ends.array, "payoff": payoff.ravel()}, index=index)
    return data, labels


def task_of(plugin: type[qlop.ModelPlugin] = Shares, **changes: object) -> TrainingTask:
    data, labels = market()
    settings: dict = {
        "data": data,
        "labels": labels,
        "pipeline": FeaturePipeline([Lags("lags", Lags.Params())]),
        "make_model": lambda: plugin(plugin.name, plugin.Params()),
        "task": "classification",
        "splits": SPLITS,
        "model": TrainModelConfig(model_type=plugin.name),
        "seed": 3,
    }
    return TrainingTask(**{**settings, **changes})


def keeping(made: list) -> object:
    """Return a factory that keeps the models it makes, in the order they are made."""

    def make_model() -> WatchfulShares:
        made.append(WatchfulShares("watchful_shares", WatchfulShares.Params()))
        return made[-1]

    return make_model


def trained(models: list) -> list:
    return [model for model in models if hasattr(model, "data")]


def test_every_row_after_the_first_training_bars_is_predicted_once_targets_or_not() -> None:
    task = task_of(WatchfulShares)
    predictions = train_model(task).predictions
    expected = task.data.index[240 * len(TICKERS) :]
    assert predictions.index.equals(expected)
    assert predictions["target"].isna().sum() == (HORIZON + 1) * len(TICKERS)
    assert predictions["probability_1"].notna().all()
    assert list(predictions.columns) == [
        "prediction", "probability_0", "probability_1", "fold", "target", "label_end",
        "payoff_probability", "payoff_gain", "payoff_loss",
    ]  # fmt: skip
    assert predictions["label_end"].dtype == task.labels["label_end"].dtype


def test_no_model_sees_a_row_whose_label_reaches_its_test_block() -> None:
    models: list = []
    task = task_of(make_model=keeping(models))
    train_model(task)
    timestamps = task.data.index.get_level_values(0).unique()
    folds = make_folds(task.labels, timestamps, SPLITS)
    assert len(trained(models)) == len(folds) + 1
    for model, fold in zip(trained(models), folds, strict=False):
        for rows in (model.data, model.validation):
            assert task.labels["label_end"][rows.target.index].max() < fold.test_start
        assert model.validation.target.index[0] > model.data.target.index[-1]


@pytest.mark.parametrize("model", [XGBoost, Linear])
def test_changing_the_future_changes_no_earlier_prediction(model: type[qlop.ModelPlugin]) -> None:
    data, labels = market()
    cut = data.index.get_level_values(0).unique()[300]
    changed_data, changed_labels = data.copy(), labels.copy()
    is_future = data.index.get_level_values(0) >= cut
    changed_data.loc[is_future, "close"] *= np.linspace(1, 3, is_future.sum())
    # Labels that end at the cut or later may change: the second test block begins there.
    reaches = (labels["label_end"] >= cut) | labels["label_end"].isna()
    changed_labels.loc[reaches & labels["target"].notna(), "target"] = 1.0
    before = train_model(task_of(model, data=data, labels=labels)).predictions
    after = train_model(task_of(model, data=changed_data, labels=changed_labels)).predictions
    columns = [name for name in before if name.startswith(("prob", "pred", "payoff"))]
    is_first = before["fold"] == 0
    assert is_first.sum() == 60 * len(TICKERS)
    pd.testing.assert_frame_equal(before.loc[is_first, columns], after.loc[is_first, columns], check_exact=True)
    assert not before.loc[~is_first, columns].equals(after.loc[~is_first, columns])


def test_the_same_task_gives_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for model in (XGBoost, Linear):
        for turn in ("one", "two"):
            folder = tmp_path / model.name / turn
            (folder / "model").mkdir(parents=True)
            result = train_model(task_of(model, thread_count=2))
            result.predictions.to_parquet(folder / "predictions.parquet")
            save_fitted_model(result.final_model, folder / "model", example_features=result.example_features)
            files = sorted(path for path in folder.rglob("*") if path.is_file())
            written.append({path.relative_to(folder).as_posix(): path.read_bytes() for path in files})
    assert written[0] == written[1]
    assert written[2] == written[3]
    assert len(written[0]) == 6


def test_a_pipeline_that_learns_is_fitted_on_each_folds_training_rows_alone() -> None:
    step = Centred("centred", Centred.Params())
    task = task_of(WatchfulShares, pipeline=FeaturePipeline([step]))
    train_model(task)
    timestamps = task.data.index.get_level_values(0).unique()
    folds = [*make_folds(task.labels, timestamps, SPLITS), final_fold(task.labels, timestamps, SPLITS)]
    assert [seen.equals(task.data.index[fold.train]) for seen, fold in zip(step.seen, folds, strict=True)] == [True] * 4


def test_overlapping_labels_share_their_weight_and_equal_weights_are_none() -> None:
    models: list = []
    train_model(task_of(make_model=keeping(models)))
    weight = trained(models)[0].data.sample_weight
    assert weight.mean() == pytest.approx(1.0, rel=1e-12)
    assert weight.iloc[0] > weight.iloc[50]
    equal: list = []
    train_model(task_of(make_model=keeping(equal), model=TrainModelConfig(model_type="x", sample_weights="equal")))
    assert trained(equal)[0].data.sample_weight is None


def test_blocks_that_nothing_reads_are_given_to_training() -> None:
    _, labels = market()
    off = TrainModelConfig(model_type="shares", calibration="off")
    notebook = Notebook()
    scores = train_model(task_of(labels=labels.drop(columns="payoff"), model=off, report=notebook)).fold_scores
    assert scores["early_stopping_rows"].tolist() == scores["calibration_rows"].tolist() == [0, 0, 0]
    # 240 bars, less the 6 whose labels reach bar 240, of two tickers.
    assert scores["train_rows"][0] == (240 - 6) * 2
    assert [message.split(" ")[0] for message, *_ in notebook.logged] == [
        "splits.early_stopping_fraction",
        "splits.calibration_fraction",
    ]


def test_a_model_that_takes_no_missing_features_trains_on_complete_rows_and_predicts_nan_elsewhere() -> None:
    models: list = []
    data, _ = market()
    data.iloc[-2, data.columns.get_loc("close")] = np.nan

    def make_model() -> Shares:
        models.append(Shares("shares", Shares.Params()))
        return models[-1]

    result = train_model(task_of(data=data, make_model=make_model))
    assert trained(models)[0].data.features.notna().all(axis=None)
    assert result.predictions["prediction"].isna().sum() == 1
    assert np.isnan(result.predictions["probability_1"].iloc[-2])
    assert np.isnan(result.predictions["payoff_probability"].iloc[-2])


def test_payoff_gain_and_loss_are_the_training_rows_averages() -> None:
    task = task_of(WatchfulShares)
    result = train_model(task)
    fold = make_folds(task.labels, task.data.index.get_level_values(0).unique(), SPLITS)[1]
    payoff = task.labels["payoff"].iloc[fold.train]
    rows = result.predictions[result.predictions["fold"] == 1]
    assert rows["payoff_gain"].unique().tolist() == [pytest.approx(payoff[payoff > 0].mean(), rel=1e-12)]
    assert rows["payoff_loss"].unique().tolist() == [pytest.approx(-payoff[payoff <= 0].mean(), rel=1e-12)]
    assert rows["payoff_probability"].between(0, 1).all()


def test_payoffs_of_one_sign_are_logged_and_give_no_probability() -> None:
    data, labels = market()
    labels["payoff"] = labels["payoff"].abs()
    notebook = Notebook()
    result = train_model(task_of(data=data, labels=labels, report=notebook))
    assert "payoff_probability" not in result.predictions
    warnings = [entry for entry in notebook.logged if entry[1] == "warning"]
    assert len(warnings) == 4
    assert warnings[0][2]["training_losses"] == 0


def test_a_calibration_block_of_one_class_is_logged_and_leaves_the_models_own_probabilities() -> None:
    data, labels = market()
    calibrating = labels.index.get_level_values(0).unique()[204:240]
    labels.loc[labels.index.get_level_values(0).isin(calibrating), "target"] = 1.0
    notebook = Notebook()
    result = train_model(task_of(data=data, labels=labels, report=notebook))
    assert result.fold_scores["calibration"].tolist()[0] == "none"
    assert result.fold_scores["calibration"].tolist()[2] == "platt"
    messages = [(message, fields["fold"]) for message, level, fields in notebook.logged if level == "warning"]
    assert ("The calibration block lacks a class: the model's own probabilities are used", 0) in messages


def test_calibration_off_keeps_the_models_own_probabilities() -> None:
    off = train_model(task_of(WatchfulShares, model=TrainModelConfig(model_type="shares", calibration="off")))
    assert off.final_model.calibrators == ()
    assert off.final_model.payoff is not None
    assert set(off.fold_scores["calibration"]) == {"none"}


def test_three_classes_are_calibrated_to_sum_one_and_an_unseen_class_has_probability_zero() -> None:
    data, labels = market()
    labels["target"] = np.sign(labels["payoff"].round(2))
    early = labels.index.get_level_values(0) < data.index.get_level_values(0).unique()[245]
    labels.loc[early & (labels["target"] == -1.0), "target"] = 0.0
    predictions = train_model(task_of(WatchfulShares, data=data, labels=labels)).predictions
    columns = ["probability_-1", "probability_0", "probability_1"]
    assert list(predictions.columns[1:4]) == columns
    assert predictions[columns].sum(axis=1).to_numpy() == pytest.approx(1.0, rel=1e-12)
    assert (predictions.loc[predictions["fold"] == 0, "probability_-1"] == 0.0).all()
    assert (predictions.loc[predictions["fold"] == 2, "probability_-1"] > 0.0).all()


def test_a_regression_is_scored_against_the_mean_and_maps_its_values_to_payoffs() -> None:
    data, labels = market()
    labels["target"] = labels["payoff"]
    result = train_model(task_of(Linear, data=data, labels=labels, task="regression"))
    assert {"rmse", "base_rmse", "r2_out_of_sample"} <= set(result.metrics)
    assert result.metrics["rank_correlation"] > 0.05
    assert not any(column.startswith("probability_") for column in result.predictions)
    assert result.predictions["payoff_probability"].between(0, 1).all()
    assert result.final_model.calibrators == ()


def test_a_signal_that_is_there_is_found_and_beats_the_base_rate() -> None:
    data, labels = market()
    known = labels["payoff"] + np.random.default_rng(1).normal(0, 0.02, len(labels))
    data["close"] = np.exp(known.fillna(0.0)) * 100
    result = train_model(
        task_of(Linear, data=data, labels=labels, pipeline=FeaturePipeline([Level("level", Level.Params())]))
    )
    assert result.metrics["is_final_model_at_base_rate"] == 0.0
    assert result.metrics["auc"] > 0.7
    assert result.metrics["brier"] < 0.95 * result.metrics["base_rate_brier"]


class Level(qlop.FeatureStepPlugin):
    """The log close."""

    name = "level"

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({self.name: np.log(data["close"])}, index=data.index)


def test_the_base_rate_is_that_of_the_rows_a_fold_could_learn_from() -> None:
    task = task_of(WatchfulShares)
    result = train_model(task)
    target = task.labels["target"]
    for fold in make_folds(task.labels, task.data.index.get_level_values(0).unique(), SPLITS):
        known = target.iloc[np.concatenate([fold.train, fold.early_stopping, fold.calibration])].mean()
        expected = ((target.iloc[fold.test].dropna() - known) ** 2).mean()
        assert result.fold_scores["base_rate_brier"][fold.number] == pytest.approx(expected, rel=1e-12)


def test_progress_and_metrics_are_reported_fold_by_fold() -> None:
    notebook = Notebook()
    result = train_model(task_of(WatchfulShares, report=notebook))
    assert notebook.progressed == [("train folds", k, 4) for k in (1, 2, 3, 4)]
    assert [m for m in notebook.metrics if m[0] == "loss"] == [("loss", 0.5, 1, fold) for fold in (0, 1, 2, None)]
    briers = {fold: value for name, value, _, fold in notebook.metrics if name == "brier"}
    assert briers[None] == result.metrics["brier"]
    assert [briers[k] for k in (0, 1, 2)] == result.fold_scores["brier"].tolist()


def test_the_effective_sample_size_counts_overlaps() -> None:
    result = train_model(task_of(WatchfulShares))
    # 174 scored bars, lives of 6 bars, two tickers.
    assert result.metrics["n_rows"] == 174 * 2
    assert result.metrics["effective_sample_size"] == pytest.approx(174 / 6 * 2, rel=0.05)
    assert result.metrics["effective_sample_size_pooled"] == pytest.approx(174 / 6, rel=0.05)


def test_combinatorial_predictions_hold_each_row_once_a_path() -> None:
    splits = SplitsConfig(scheme="combinatorial_purged", n_folds=4, n_test_folds=2)
    predictions = train_model(task_of(WatchfulShares, splits=splits)).predictions
    assert sorted(predictions["path"].unique()) == [0, 1, 2]
    assert not predictions.set_index("path", append=True).index.has_duplicates
    assert len(predictions) == 3 * N_BARS * len(TICKERS)


@pytest.mark.parametrize("checks", [0, 1, 2, 5])
def test_a_cancelled_run_stops_at_the_next_check(checks: int) -> None:
    with pytest.raises(RunCancelled):
        train_model(task_of(WatchfulShares, report=Notebook(checks_left=checks)))


def test_a_cancelled_run_stops_inside_a_fit() -> None:
    # The first round tells two losses, then how far it is.
    notebook = Notebook(checks_left=3)
    with pytest.raises(RunCancelled):
        train_model(task_of(XGBoost, report=notebook))
    assert notebook.progressed == []


def test_a_fit_tells_how_far_it_is_within_the_training() -> None:
    notebook = Notebook()
    train_model(task_of(XGBoost, report=notebook))
    parts = [event[1:] for event in notebook.progressed if event[0] == "fit model"]
    assert {event[2:] for event in parts} == {(f"rounds, fit {k} of 4", "train folds") for k in (1, 2, 3, 4)}
    assert parts[0][:2] == (1.0, 400.0)
    ends = [done for done, total, *_ in parts if done == total]
    assert len(ends) == 4, "a fit that stops early is whole once it has ended"
    whole = [event[1] for event in notebook.progressed if event[0] == "train folds"]
    assert whole == sorted(whole)
    assert {1, 2, 3, 4} <= set(whole)
    assert any(0.0 < done < 1.0 for done in whole)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"labels": market()[1].iloc[:-1]}, DataError, "839 rows"),
        ({"labels": market()[1].assign(target=np.nan)}, DataError, "None of the 840 labels has a target"),
        ({"splits": SplitsConfig(calibration_fraction=0.0)}, ConfigError, "calibration_fraction is 0"),
        ({"splits": SplitsConfig(train_bars=5_000)}, TrainingError, "5001 bars"),
    ],
)
def test_a_task_that_cannot_be_trained_is_refused(changes: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        train_model(task_of(**changes))


def test_a_model_that_cannot_do_the_task_is_refused() -> None:
    class Classifier(Shares):
        tasks = frozenset({"classification"})

    with pytest.raises(ConfigError, match="Model 'shares' does classification, but the label asks for regression"):
        train_model(task_of(Classifier, task="regression"))


def test_features_that_are_never_known_are_refused_for_a_model_that_needs_them() -> None:
    data, _ = market()
    data["close"] = data["close"].where(np.arange(len(data)) > 400)
    with pytest.raises(TrainingError, match=r"in the training block of fold 0 0 of \d+ rows have none missing"):
        train_model(task_of(data=data))


def test_the_result_carries_example_rows_of_the_models_columns() -> None:
    result: TrainingResult = train_model(task_of(WatchfulShares))
    assert tuple(result.example_features.columns) == result.final_model.feature_columns
    assert result.example_features.isna().any(axis=None)


class KnowingShares(Shares):
    """Shares that says it learned elsewhere."""

    name = "knowing_shares"
    capabilities = frozenset({*Shares.capabilities, "pretrained"})


def test_a_model_that_learned_elsewhere_is_warned_of_as_its_rows_may_be_in_sample() -> None:
    for plugin, n_warnings in ((Shares, 0), (KnowingShares, 1)):
        notebook = Notebook()
        train_model(task_of(plugin, report=notebook))
        warned = [
            message for message, level, _ in notebook.logged if level == "warning" and "learned elsewhere" in message
        ]
        assert len(warned) == n_warnings


class MixedShares(Shares):
    """Tilts by how far the first feature lies from the mean of the rows asked with it."""

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        return super().predict(features - features.mean())


def test_a_model_whose_predictions_depend_on_the_rows_beside_them_fails_with_the_reason() -> None:
    said = r"Model 'shares' predicts a row by the rows asked with it: [AB]+ at .* Later bars would change earlier"
    with pytest.raises(TrainingError, match=said):
        train_model(task_of(MixedShares))


class ContextKeeper(WatchfulShares):
    """Keeps its context, and no rows."""

    def train(self, data: qlop.TrainingData, validation: qlop.TrainingData | None, context: qlop.TrainContext) -> None:
        super().train(data, validation, context)
        self.rows_given = [weakref.ref(each.features) for each in (data, validation) if each is not None]
        del self.data, self.validation


def test_what_a_model_keeps_of_its_context_holds_no_rows_of_the_fold() -> None:
    models: list[ContextKeeper] = []

    def make_model() -> ContextKeeper:
        models.append(ContextKeeper("watchful_shares", ContextKeeper.Params()))
        return models[-1]

    train_model(task_of(make_model=make_model))
    given = [rows for model in models if hasattr(model, "context") for rows in model.rows_given]
    assert len(given) == 2 * 4
    assert [rows() is None for rows in given] == [True] * len(given)


def test_features_and_labels_of_a_block_have_one_index_in_memory() -> None:
    models: list = []
    train_model(task_of(make_model=keeping(models)))
    for data in (each for model in trained(models) for each in (model.data, model.validation)):
        assert data.target.index is data.features.index
        assert data.label_end.index is data.features.index
