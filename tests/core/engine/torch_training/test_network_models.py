"""What all networks share, tried on each of them."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from core.base.errors import DataError, RunCancelled, TrainingError
from core.contracts.model import TrainContext, TrainingData
from core.testing.training_rows import make_training_data
from plugins.models.custom_network import CustomNetwork
from plugins.models.lstm import LSTM
from plugins.models.mlp import MLP

TINY = {
    MLP: {"hidden_widths": [6], "batch_rows": 64},
    LSTM: {"sequence_bars": 3, "hidden_width": 5, "batch_rows": 64},
    CustomNetwork: {
        "batch_rows": 64,
        "network": {"layers": [{"kind": "linear", "width": 6}, {"kind": "tanh"}], "kind": "layers"},
    },
}
every_network = pytest.mark.parametrize("kind", TINY)


def fitted(kind, data, validation=None, *, task="classification", seed=5, report=lambda *_: None, **params):
    model = kind(kind.name, kind.Params.model_validate({**TINY[kind], "epochs": 3, **params}))
    model.train(data, validation, TrainContext(task, seed, 1, report))
    return model


def rows(seed=0, n_classes=2, n_rows=200):
    data = make_training_data("regression" if n_classes != 2 else "classification", n_rows, seed)
    if n_classes < 3:
        return data
    return replace(data, target=pd.Series(pd.qcut(data.target, n_classes, labels=False) - 1.0, index=data.target.index))


@every_network
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(kind, tmp_path):
    written = []
    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        (tmp_path / name).mkdir()
        torch.manual_seed(len(written))
        fitted(kind, rows(), rows(1), seed=seed).save_model(tmp_path / name)
        written.append([path.read_bytes() for path in sorted((tmp_path / name).iterdir())])
    assert written[0] == written[1]
    assert all(one != other for one, other in zip(written[0], written[2], strict=True))


def test_two_threads_give_the_same_bytes_twice(tmp_path):
    data = make_training_data("classification", n_rows=24_000)
    written = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        model = MLP("mlp", MLP.Params(epochs=2, batch_rows=24_000))
        model.train(data, None, TrainContext("classification", seed=1, thread_count=2))
        model.save_model(tmp_path / name)
        written.append((tmp_path / name / "network.safetensors").read_bytes())
    assert written[0] == written[1]


@every_network
def test_both_losses_of_every_epoch_are_reported(kind):
    seen = []
    fitted(kind, rows(), rows(1), report=lambda *event: seen.append(event))
    assert [(name, step) for name, _, step in seen] == [
        (name, epoch) for epoch in (1, 2, 3) for name in ("train_loss", "validation_loss")
    ]
    assert all(math.isfinite(value) for _, value, _ in seen)


def test_each_epoch_counts_and_one_that_stops_early_stops_counting():
    told = []
    context = TrainContext("classification", seed=5, report_progress=lambda *step: told.append(step))
    params = {**TINY[MLP], "epochs": 40, "early_stopping_epochs": 2, "learning_rate": 0.1}
    MLP("mlp", MLP.Params.model_validate(params)).train(rows(), rows(1), context)
    assert told == [(epoch, 40, "epochs") for epoch in range(len(told))]
    assert 3 < len(told) < 41


def log_loss(model, data):
    p = model.predict(data.features)["probability_1"].to_numpy()
    return float(-np.where(data.target == 1.0, np.log(p), np.log(1.0 - p)).mean())


@every_network
def test_early_stopping_brings_back_the_weights_of_the_best_epoch(kind):
    losses = []
    model = fitted(
        kind, rows(), rows(1), epochs=60, learning_rate=0.1, early_stopping_epochs=2,
        report=lambda name, value, _: losses.append(value) if name == "validation_loss" else None,
    )  # fmt: skip
    assert len(losses) < 60
    assert len(losses) - 1 - int(np.argmin(losses)) == 2
    assert log_loss(model, rows(1)) == pytest.approx(min(losses), rel=1e-4)


def test_without_early_stopping_the_last_weights_stay():
    losses = []
    model = fitted(
        MLP, rows(), rows(1), epochs=25, learning_rate=0.1, early_stopping_epochs=None,
        report=lambda name, value, _: losses.append(value) if name == "validation_loss" else None,
    )  # fmt: skip
    assert len(losses) == 25
    assert log_loss(model, rows(1)) == pytest.approx(losses[-1], rel=1e-4)
    assert losses[-1] > min(losses)


@every_network
def test_three_classes_have_a_probability_each(kind):
    data = rows(n_classes=3)
    predicted = fitted(kind, data, rows(1, n_classes=3), epochs=15, learning_rate=0.02).predict(data.features)
    assert list(predicted.columns) == ["prediction", "probability_-1", "probability_0", "probability_1"]
    assert predicted.iloc[:, 1:].sum(axis=1).to_numpy() == pytest.approx(1.0)
    assert (predicted["prediction"] == data.target).mean() > 0.5


@every_network
def test_a_regression_is_learned_in_units_of_its_target(kind):
    data = make_training_data("regression")
    larger = replace(data, target=data.target * 1024.0 + 4096.0)
    small, large = (
        fitted(kind, own, task="regression", learning_rate=0.02).predict(data.features) for own in (data, larger)
    )
    assert np.corrcoef(small["prediction"], data.target)[0, 1] > 0.5
    np.testing.assert_allclose(large["prediction"], small["prediction"] * 1024.0 + 4096.0, rtol=1e-5)


def test_balanced_classes_raise_the_rare_one():
    data = make_training_data("classification")
    kept = (data.target == 0.0) | (np.arange(len(data.target)) % 8 == 0)
    rare = TrainingData(data.features[kept], data.target[kept])
    mean = {
        weights: fitted(MLP, rare, epochs=30, class_weights=weights).predict(rare.features)["probability_1"].mean()
        for weights in ("equal", "balanced")
    }
    assert mean["balanced"] > mean["equal"] + 0.1


def test_a_missing_value_is_told_apart_from_the_median():
    data = make_training_data("classification", missing=0.3)
    model = fitted(MLP, data, epochs=10)
    filled = data.features.iloc[:1].fillna(data.features.median())
    holed = filled.copy()
    holed.iloc[0, 0] = np.nan
    assert model.predict(holed).iloc[0, 1] != model.predict(filled).iloc[0, 1]


def test_features_that_say_nothing_count_nothing():
    data = rows()
    data = replace(data, features=data.features.assign(weekday=3.0, drawdown_60=np.nan))
    model = fitted(MLP, data)
    changed = data.features.assign(weekday=1e9, drawdown_60=-1e9)
    pd.testing.assert_frame_equal(model.predict(changed), model.predict(data.features), check_exact=True)
    assert model.feature_importances()[["weekday", "drawdown_60"]].tolist() == [0.0, 0.0]


@every_network
def test_what_the_target_follows_from_is_what_counts(kind):
    model = fitted(kind, make_training_data("classification"), epochs=20, learning_rate=0.02)
    importances = model.feature_importances()
    assert importances.idxmax() == "momentum_20"
    assert importances["momentum_5"] > 2 * importances["weekday"]


def test_validation_rows_of_a_class_that_training_has_not_seen_are_passed_over():
    data, validation = rows(), rows(1, n_classes=3)
    known = validation.target >= 0
    part = TrainingData(validation.features[known], validation.target[known])
    expected = fitted(MLP, data, part).predict(data.features)
    pd.testing.assert_frame_equal(fitted(MLP, data, validation).predict(data.features), expected, check_exact=True)


@every_network
def test_a_cancelled_training_ends_at_once_and_leaves_pytorch_as_it_was(kind):
    def cancel(_name, _value, step):
        if step == 2:
            raise RunCancelled("asked to stop")

    threads, state = torch.get_num_threads(), torch.get_rng_state()
    with pytest.raises(RunCancelled):
        fitted(kind, rows(), report=cancel)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_deterministic_debug_mode() == 0


@every_network
def test_a_wish_to_stop_is_heard_within_an_epoch(kind):
    """Of thousands of steps that one epoch has, the training looks before the first and a few times a second."""
    asked, reported = [], []

    def check():
        asked.append(len(asked))
        if len(asked) == 3:
            raise RunCancelled("asked to stop")

    model = kind(kind.name, kind.Params.model_validate({**TINY[kind], "batch_rows": 2, "epochs": 1}))
    data = make_training_data("classification", n_rows=20_000)
    context = TrainContext("classification", report_metric=lambda *event: reported.append(event), check_cancelled=check)
    with pytest.raises(RunCancelled):
        model.train(data, None, context)
    assert (asked, reported) == ([0, 1, 2], [])


def test_a_wish_to_stop_is_heard_while_validation_rows_and_features_are_judged():
    """The losses are reported; what follows the last of them looks too."""
    reported = []

    def check():
        if len(reported) == 2:
            raise RunCancelled("asked to stop")

    model = MLP("mlp", MLP.Params(epochs=1, hidden_widths=(4,)))
    context = TrainContext("classification", report_metric=lambda *event: reported.append(event), check_cancelled=check)
    with pytest.raises(RunCancelled):
        model.train(rows(), rows(1), context)


def test_a_training_that_nobody_cancels_need_not_say_how():
    assert TrainContext("classification").check_cancelled() is None


def test_weights_that_run_away_are_an_error_with_the_remedy():
    with pytest.raises(TrainingError, match=r"The train_loss of epoch \d+ is (inf|nan).*Lower learning_rate \(10\)"):
        fitted(
            CustomNetwork, rows(n_classes=0), task="regression", epochs=300, learning_rate=10.0, weight_decay=100.0,
            gradient_norm_limit=None,
        )  # fmt: skip


@every_network
def test_no_rows_give_no_predictions(kind):
    assert fitted(kind, rows(n_classes=3)).predict(rows().features.iloc[:0]).shape == (0, 4)


@every_network
def test_a_model_that_is_not_trained_says_so(kind):
    with pytest.raises(TrainingError, match=f"'{kind.name}' is not trained"):
        kind(kind.name, kind.Params()).predict(rows().features)


def test_infinite_features_are_refused_by_name():
    with pytest.raises(DataError, match="Feature 'weekday' is inf"):
        fitted(MLP, replace(rows(), features=rows().features.assign(weekday=np.inf)))
