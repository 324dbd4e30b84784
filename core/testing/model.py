"""The contract suite of models."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError, QlopError, TrainingError
from core.contracts.model import ModelPlugin, TrainContext, TrainingData
from core.testing.isolation import ask_fresh_process
from core.testing.members import with_models
from core.testing.parted_rows import of_other_tickers, of_two_stretches
from core.testing.plugin import PluginContractSuite
from core.testing.training_rows import make_training_data

__all__ = ["ModelContractSuite"]

Task = Literal["classification", "regression"]

_PICKLE_NAMES = (".pkl", ".pickle", ".joblib", ".dill")
_PREDICT_ELSEWHERE = """
from importlib import import_module
from pathlib import Path
import pandas as pd
from core.testing.members import with_models
cls = import_module(request["module"])
for part in request["class_name"].split("."):
    cls = getattr(cls, part)
model = with_models(cls(cls.name, cls.Params.model_validate(request["params"])))
model.load_model(Path(request["folder"]))
model.predict(pd.read_parquet(request["features"])).to_parquet(request["predictions"])
print(json.dumps("done"))
"""


class ModelContractSuite(PluginContractSuite):
    """Inherit it and name `plugin_class`. Every task that the class names in `tasks` is tried."""

    kind = "models"

    def make_plugin(self, folder: Path = Path(), instance_name: str | None = None) -> Any:  # noqa: ANN401
        """Return a new instance, as a run makes it."""
        return with_models(super().make_plugin(folder, instance_name))

    def make_data(self, task: Task, seed: int = 0, *, missing: float = 0.0) -> TrainingData:
        """Return rows to train on; another seed gives later rows to validate and predict on."""
        return make_training_data(task, seed=seed, missing=missing)

    def trained(self, folder: Path, task: Task, data: TrainingData | None = None) -> ModelPlugin:
        """Return a new model, trained with the seed 5 on one thread."""
        return self._taught(folder, task, data or self.make_data(task), self.make_data(task, 1))

    def _taught(self, folder: Path, task: Task, data: TrainingData, validation: TrainingData) -> ModelPlugin:
        model: ModelPlugin = self.make_plugin(folder)
        model.train(data, validation, TrainContext(task=task, seed=5, thread_count=1))
        return model

    def tasks(self) -> list[Task]:
        """Return the tasks that the model can do."""
        return sorted(self.plugin_class.tasks)

    def test_it_can_do_some_task(self) -> None:
        assert self.tasks()
        assert set(self.tasks()) <= {"classification", "regression"}

    def test_predictions_stand_on_the_features_index(self, tmp_path: Path) -> None:
        for task in self.tasks():
            features = self.make_data(task, 2).features
            predicted = self.trained(tmp_path, task).predict(features)
            assert predicted.index.equals(features.index)
            assert np.isfinite(predicted["prediction"]).all()

    def test_probabilities_are_between_0_and_1_and_sum_to_1(self, tmp_path: Path) -> None:
        for task in self.tasks():
            predicted = self.trained(tmp_path, task).predict(self.make_data(task, 2).features)
            columns = [name for name in predicted if str(name).startswith("probability_")]
            if task == "classification":
                assert columns == ["probability_0", "probability_1"]
                assert predicted[columns].ge(0.0).all(axis=None)
                np.testing.assert_allclose(predicted[columns].sum(axis=1), 1.0, rtol=0.0, atol=1e-6)
                likeliest = (predicted["probability_1"] > predicted["probability_0"]).astype(np.float64)
                assert (predicted["prediction"] == likeliest).mean() > 0.99, "prediction is the likeliest class"
            else:
                assert columns == []

    def test_the_same_seed_gives_the_same_predictions(self, tmp_path: Path) -> None:
        for task in self.tasks():
            features = self.make_data(task, 2).features
            first, second = (self.trained(tmp_path, task).predict(features) for _ in range(2))
            pd.testing.assert_frame_equal(first, second, check_exact=True)

    def test_a_row_is_predicted_alone_as_among_others(self, tmp_path: Path) -> None:
        for task in self.tasks() if "earlier_rows" not in self.plugin_class.capabilities else []:
            features = self.make_data(task, 2).features
            model = self.trained(tmp_path, task)
            together = model.predict(features)
            for part in (slice(10, 20), slice(10, 11)):
                pd.testing.assert_frame_equal(together.iloc[part], model.predict(features.iloc[part]), rtol=1e-9)

    def test_later_rows_and_other_tickers_change_no_prediction(self, tmp_path: Path) -> None:
        for task in self.tasks():
            features = self.make_data(task, 2).features
            model = self.trained(tmp_path, task)
            together = model.predict(features)
            ticker = features.index.get_level_values("ticker") == features.index[0][1]
            for part in (np.arange(len(features)) < len(features) // 3, ticker):
                pd.testing.assert_frame_equal(together[part], model.predict(features[part]), rtol=1e-9)

    def test_nothing_that_it_learns_reads_a_row_of_another_stretch(self, tmp_path: Path) -> None:
        """A later stretch teaches what the same rows teach as another ticker's, which no history reaches."""
        for task in self.tasks() if self._reads_earlier_rows(tmp_path) else []:
            given = self.make_data(task), self.make_data(task, 1)
            by_stretch, by_ticker = (
                self._taught(tmp_path, task, *map(part, given)).predict(self.make_data(task, 2).features)
                for part in (of_two_stretches, of_other_tickers)
            )
            pd.testing.assert_frame_equal(by_stretch, by_ticker, rtol=1e-9)

    def test_what_was_asked_before_changes_no_prediction(self, tmp_path: Path) -> None:
        for task in self.tasks() if self._reads_earlier_rows(tmp_path) else []:
            features = self.make_data(task, 2).features
            model = self.trained(tmp_path, task)
            middle = len(features) // 2
            before = model.predict(features.iloc[middle:])
            model.predict(features.iloc[:middle])
            pd.testing.assert_frame_equal(model.predict(features.iloc[middle:]), before, check_exact=True)

    def _reads_earlier_rows(self, folder: Path) -> bool:
        return "earlier_rows" in self.make_plugin(folder).capabilities

    def test_it_learns_without_validation_rows(self, tmp_path: Path) -> None:
        for task in self.tasks():
            model = self.make_plugin(tmp_path)
            model.train(self.make_data(task), None, TrainContext(task=task))
            assert model.predict(self.make_data(task).features)["prediction"].nunique() > 1

    def test_progress_within_a_fit_counts_up_and_no_further_than_its_total(self, tmp_path: Path) -> None:
        for task in self.tasks():
            told: list[tuple[float, float, str]] = []
            context = TrainContext(task=task, seed=5, report_progress=lambda *step, seen=told: seen.append(step))
            self.make_plugin(tmp_path).train(self.make_data(task), self.make_data(task, 1), context)
            assert all(0.0 <= done <= total and total > 0.0 for done, total, _ in told)
            shares = [done / total for done, total, _ in told]
            assert shares == sorted(shares), "within a fit progress goes back"
            assert all(unit.strip() for *_, unit in told), "what is counted has no name"

    def test_sample_weights_count(self, tmp_path: Path) -> None:
        for task in self.tasks() if "pretrained" not in self.plugin_class.capabilities else []:
            data = self.make_data(task)
            opposed = data.target.where(np.arange(len(data.target)) % 2 == 0, 1.0 - data.target)
            light, heavy = np.where(np.arange(len(opposed)) % 2 == 0, 0.1, 1.9), 1.0
            weighted = [
                replace(data, target=opposed, sample_weight=pd.Series(weights, index=opposed.index))
                for weights in (light, 2.0 * heavy - light)
            ]
            first, second = (
                self.trained(tmp_path, task, rows).predict(data.features)["prediction"] for rows in weighted
            )
            assert not first.equals(second), "sample_weight makes no difference"

    def test_saved_and_loaded_elsewhere_it_predicts_the_same(self, tmp_path: Path) -> None:
        for task in self.tasks():
            features = self.make_data(task, 2).features
            model = self.trained(tmp_path, task)
            expected = model.predict(features)
            folder = _saved(model, tmp_path / task)
            features.to_parquet(tmp_path / "features.parquet")
            request = {
                "module": self.plugin_class.__module__,
                "class_name": self.plugin_class.__qualname__,
                "params": model.params.model_dump(mode="json"),
                "folder": str(folder),
                "features": str(tmp_path / "features.parquet"),
                "predictions": str(tmp_path / "predictions.parquet"),
            }
            ask_fresh_process(_PREDICT_ELSEWHERE, request)
            found = pd.read_parquet(tmp_path / "predictions.parquet")
            assert list(found.columns) == list(expected.columns)
            np.testing.assert_array_equal(found.to_numpy(), expected.to_numpy())

    def test_nothing_that_it_saves_is_pickled(self, tmp_path: Path) -> None:
        for task in self.tasks():
            folder = _saved(self.trained(tmp_path, task), tmp_path / task)
            files = [path for path in folder.rglob("*") if path.is_file()]
            assert files, "save_model wrote nothing"
            assert [path.name for path in files if _is_pickled(path)] == []

    def test_a_folder_without_its_files_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        with pytest.raises(DataError):
            self.make_plugin(tmp_path).load_model(tmp_path / "empty")

    def test_columns_in_another_order_are_refused_or_put_right(self, tmp_path: Path) -> None:
        for task in self.tasks():
            features = self.make_data(task, 2).features
            model = self.trained(tmp_path, task)
            with suppress(QlopError):
                found = model.predict(features[list(reversed(features.columns))])
                pd.testing.assert_frame_equal(found, model.predict(features), check_exact=True)

    def test_a_missing_column_is_refused_by_its_name(self, tmp_path: Path) -> None:
        for task in self.tasks():
            features = self.make_data(task, 2).features
            with pytest.raises(DataError, match=str(features.columns[1])):
                self.trained(tmp_path, task).predict(features.drop(columns=features.columns[1]))

    def test_missing_values_are_predicted_where_it_says_so(self, tmp_path: Path) -> None:
        for task in self.tasks() if "missing_values" in self.plugin_class.capabilities else []:
            data = self.make_data(task, missing=0.2)
            predicted = self.trained(tmp_path, task, data).predict(data.features)
            assert np.isfinite(predicted["prediction"]).all()

    def test_a_single_class_cannot_be_learned(self, tmp_path: Path) -> None:
        if "classification" in self.tasks():
            data = self.make_data("classification")
            with pytest.raises(TrainingError):
                self.trained(tmp_path, "classification", replace(data, target=data.target * 0.0))

    def test_importances_are_one_number_a_feature(self, tmp_path: Path) -> None:
        for task in self.tasks():
            importances = self.trained(tmp_path, task).feature_importances()
            if importances is not None:
                assert set(importances.index) == set(self.make_data(task).features.columns)
                assert importances.ge(0.0).all()

    def test_shap_values_sum_to_the_score_and_name_the_features(self, tmp_path: Path) -> None:
        for task in self.tasks():
            features = self.make_data(task, 2).features.iloc[:20]
            model = self.trained(tmp_path, task)
            shap = model.shap_values(features)
            if shap is None:
                continue
            assert list(shap.columns) == [*features.columns, "base"]
            assert shap.index.equals(features.index)
            assert shap["base"].nunique() == 1, "base is what the model says without knowing any feature"
            predicted, summed = model.predict(features), shap.sum(axis=1).to_numpy()
            answers = [predicted["prediction"].to_numpy()]
            if task == "classification":
                probability = predicted["probability_1"].to_numpy()
                with np.errstate(divide="ignore"):
                    answers = [probability, np.log(probability) - np.log(1.0 - probability)]
            farthest = min(np.abs(summed - answer).max() for answer in answers)
            assert farthest < 1e-4, "a row does not sum to the value, the probability or its log-odds"

    def test_shap_values_of_three_classes_sum_to_each_classs_score(self, tmp_path: Path) -> None:
        if "classification" not in self.tasks() or not self._explains_itself():
            return
        data = self.make_data("regression")
        thirds = pd.Series(pd.qcut(data.target, 3, labels=False).astype(np.float64), index=data.target.index)
        model: ModelPlugin = self.make_plugin(tmp_path)
        model.train(replace(data, target=thirds), None, TrainContext(task="classification", seed=5))
        rows = data.features.iloc[:20]
        shap = model.shap_values(rows)
        if shap is None:
            return
        expected = pd.MultiIndex.from_product([[0.0, 1.0, 2.0], [*rows.columns, "base"]])
        assert shap.columns.equals(expected)
        scores = shap.to_numpy().reshape(len(rows), 3, -1).sum(axis=2)
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        answers = (scores, odds / odds.sum(axis=1, keepdims=True))
        predicted = model.predict(rows)[["probability_0", "probability_1", "probability_2"]].to_numpy()
        farthest = min(np.abs(answer - predicted).max() for answer in answers)
        assert farthest < 1e-4, "a row does not sum to a class's probability, or to scores whose softmax that is"

    def _explains_itself(self) -> bool:
        return self.plugin_class.shap_values is not ModelPlugin.shap_values

    def test_it_leaves_its_input_as_it_was(self, tmp_path: Path) -> None:
        for task in self.tasks():
            data = self.make_data(task)
            before, target_before = data.features.copy(deep=True), data.target.copy(deep=True)
            self.trained(tmp_path, task, data).predict(data.features)
            pd.testing.assert_frame_equal(data.features, before, check_exact=True)
            pd.testing.assert_series_equal(data.target, target_before, check_exact=True)


def _saved(model: ModelPlugin, folder: Path) -> Path:
    folder.mkdir()
    model.save_model(folder)
    return folder


def _is_pickled(path: Path) -> bool:
    """Whether a file bears a pickle's name or its first bytes (protocol 2 and later), or is an array of objects."""
    start = path.read_bytes()[:200]
    is_pickle = len(start) > 1 and start[0] == 0x80 and 2 <= start[1] <= 5
    return path.suffix.lower() in _PICKLE_NAMES or is_pickle or (path.suffix == ".npy" and b"'|O'" in start)
