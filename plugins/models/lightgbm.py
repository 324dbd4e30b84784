"""Gradient-boosted trees by LightGBM, through its native interface."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import lightgbm
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

# Below this many feature values a thread costs more in waiting than it saves.
VALUES_PER_THREAD = 100_000
BOOSTER_FILE = "booster.txt"
CARD_FILE = "lightgbm.json"


class LightGBM(qlop.ModelPlugin):
    """Gradient-boosted trees that grow leaf by leaf: classifier or regressor, by the label's task.

    A missing value goes to the side of a split that training found better for it. With validation rows and
    `early_stopping_round`, boosting stops once the validation loss has not fallen for that many rounds, and the trees
    after the best round are dropped. Fewer than 100,000 feature values a thread are given to fewer threads. The model
    is kept in LightGBM's text format, which is checked before LightGBM reads it.
    """

    name = "lightgbm"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    capabilities = frozenset({"early_stopping", "missing_values"})

    class Params(qlop.Params):
        """Parameters of `lightgbm`; the names are LightGBM's own."""

        num_iterations: int = Field(default=400, ge=1, le=100_000, description="Boosting rounds, at most.")
        learning_rate: float = Field(default=0.05, gt=0.0, le=1.0, description="Shrinkage of each tree.")
        num_leaves: int = Field(default=15, ge=2, le=131_072, description="Leaves of a tree, at most.")
        max_depth: int | None = Field(default=None, ge=1, le=1_000, description="Depth of a tree; null: no limit.")
        min_data_in_leaf: int = Field(default=50, ge=1, le=1_000_000_000, description="Least rows in a leaf.")
        min_sum_hessian_in_leaf: float = Field(default=1e-3, ge=0.0, description="Least sum of hessians in a leaf.")
        bagging_fraction: float = Field(
            default=0.8, gt=0.0, le=1.0, description="Share of rows drawn for trees, without replacement."
        )
        bagging_freq: int = Field(default=1, ge=0, le=100_000, description="Rounds between two draws; 0: never drawn.")
        feature_fraction: float = Field(default=0.8, gt=0.0, le=1.0, description="Share of features for each tree.")
        lambda_l1: float = Field(default=0.0, ge=0.0, description="L1 penalty on leaf values.")
        lambda_l2: float = Field(default=1.0, ge=0.0, description="L2 penalty on leaf values.")
        min_gain_to_split: float = Field(
            default=0.0, ge=0.0, description="Least fall of the loss that a split must bring."
        )
        early_stopping_round: int | None = Field(
            default=30, ge=1, description="Rounds without a better validation loss before boosting stops; null: never."
        )
        max_bin: int = Field(default=255, ge=2, le=65_535, description="Bins of a feature.")

    params: Params

    _booster: lightgbm.Booster | None = None
    _columns: tuple[str, ...] = ()
    _classes: tuple[float, ...] = ()

    def train(self, data: qlop.TrainingData, validation: qlop.TrainingData | None, context: qlop.TrainContext) -> None:
        """Boost trees on `data`, watching `validation`. See the contract."""
        import lightgbm
        from qlop.engine import classes_to_learn, rows_of_classes

        columns = tuple(str(column) for column in data.features.columns)
        self._classes, self._columns = classes_to_learn(data, context, self.name), columns
        threads = max(1, min(context.thread_count, data.features.size // VALUES_PER_THREAD))
        settings = self._settings(context, threads)
        rows = self._dataset(data, settings, None)
        known = rows_of_classes(validation, self._classes)
        watched = [] if known is None else [self._dataset(known, settings, rows)]
        booster = lightgbm.train(
            settings,
            rows,
            num_boost_round=self.params.num_iterations,
            valid_sets=watched,
            valid_names=["validation"] * len(watched),
            callbacks=self._callbacks(context, is_watched=bool(watched)),
        )
        # The trees as the file holds them: what was trained and what is loaded are the same model to the last bit.
        text = booster.model_to_string(num_iteration=max(0, booster.best_iteration))
        self._booster = lightgbm.Booster(model_str=text)

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the value, or the likeliest class and the classes' probabilities. See the contract."""
        from qlop.engine import answer_frame

        return answer_frame(self._scores(features), self._classes, features.index)

    def save_model(self, folder: Path) -> None:
        """Write the booster as LightGBM's text, and a card with columns and classes. See the contract."""
        from qlop.engine import write_columns_card

        text = self._trained().model_to_string()
        (folder / BOOSTER_FILE).write_text(text, encoding="ascii", newline="\n")
        write_columns_card(folder / CARD_FILE, self._columns, self._classes)

    def load_model(self, folder: Path) -> None:
        """Restore what `save_model` wrote. See the contract."""
        import lightgbm
        from qlop.engine import read_columns_card, read_lightgbm_text

        columns, classes = read_columns_card(folder / CARD_FILE, self.name)
        n_outputs = len(classes) if len(classes) > 2 else 1
        text = read_lightgbm_text(folder / BOOSTER_FILE, n_features=len(columns), n_outputs=n_outputs)
        try:
            booster = lightgbm.Booster(model_str=text)
        except lightgbm.basic.LightGBMError as error:
            raise qlop.DataError(f"{folder} does not hold a model of {self.name!r}: {error!s:.300}") from error
        self._booster, self._columns, self._classes = booster, columns, classes

    def feature_importances(self) -> pd.Series:
        """Return the total gain of the splits on each feature; 0 where it is never split on."""
        import pandas as pd

        gains = self._trained().feature_importance(importance_type="gain")
        return pd.Series(gains, index=list(self._columns), name="total gain of the splits on it", dtype="float64")

    def shap_values(self, features: pd.DataFrame) -> pd.DataFrame | None:
        """Return LightGBM's own TreeSHAP of the log-odds, of each class's margin, or of the value."""
        from qlop.engine import shap_frame

        return shap_frame(self._answers(features, pred_contrib=True), self._columns, self._classes, features.index)

    def library_object(self) -> object | None:
        """Return the booster. See the contract."""
        return self._trained()

    def to_onnx(self, opset: int) -> bytes:
        """Return the trees and what follows them, in float64 as LightGBM computes. See the contract."""
        from qlop.engine import onnx_of_lightgbm

        return onnx_of_lightgbm(self._trained(), len(self._classes), opset)

    def _trained(self) -> lightgbm.Booster:
        if self._booster is None:
            raise qlop.TrainingError(f"Model {self.name!r} is not trained; call train or load_model first.")
        return self._booster

    def _scores(self, features: pd.DataFrame) -> NDArray[np.float64]:
        """Return P(higher class), or P of each class, or the value."""
        import numpy as np

        if not len(features):
            self._answers(features)
            return np.empty((0, len(self._classes)) if len(self._classes) > 2 else 0)
        return self._answers(features)

    def _answers(self, features: pd.DataFrame, **asked: Any) -> NDArray[np.float64]:  # noqa: ANN401 - LightGBM's own
        import numpy as np
        from qlop.engine import checked_features

        booster = self._trained()
        values = checked_features(features, self._columns, self.name)
        if not len(values):
            return np.empty((0, len(self._columns) + 1))
        threads = 1 if values.size < VALUES_PER_THREAD else 0
        return np.asarray(booster.predict(values, num_threads=threads, **asked), dtype=np.float64)

    def _dataset(
        self, data: qlop.TrainingData, settings: dict[str, Any], reference: lightgbm.Dataset | None
    ) -> lightgbm.Dataset:
        import lightgbm
        import numpy as np
        from qlop.engine import checked_features

        values = checked_features(data.features, self._columns, self.name)
        target = data.target.to_numpy(dtype=np.float64)
        weight = None if data.sample_weight is None else data.sample_weight.to_numpy(dtype=np.float64)
        if self._classes:
            target = np.searchsorted(self._classes, target).astype(np.float64)
        # By number: LightGBM refuses names with brackets and commas.
        names = [f"f{position}" for position in range(len(self._columns))]
        return lightgbm.Dataset(values, target, weight=weight, reference=reference, feature_name=names, params=settings)

    def _settings(self, context: qlop.TrainContext, thread_count: int) -> dict[str, Any]:
        settings = self.params.model_dump(exclude={"num_iterations", "early_stopping_round"})
        settings["max_depth"] = self.params.max_depth or -1
        settings["objective"] = {0: "regression", 2: "binary"}.get(len(self._classes), "multiclass")
        settings["metric"] = {0: "rmse", 2: "binary_logloss"}.get(len(self._classes), "multi_logloss")
        if len(self._classes) > 2:
            settings["num_class"] = len(self._classes)
        settings |= {"deterministic": True, "force_row_wise": True, "verbosity": -1, "num_threads": thread_count}
        return settings | {"seed": context.seed % (1 << 31)}

    def _callbacks(self, context: qlop.TrainContext, *, is_watched: bool) -> list[Any]:
        import lightgbm

        n_rounds = self.params.num_iterations
        every = max(1, n_rounds // 100)

        def report(env: lightgbm.callback.CallbackEnv) -> None:
            """Tell each round, and pass the training and the validation loss on, about a hundred times a fit."""
            if env.iteration % every == 0:
                booster: Any = env.model
                own = [("train", *row[1:]) for row in booster.eval_train()]
                for row in (*own, *(env.evaluation_result_list or ())):
                    context.report_metric(f"{row[0]}_{row[1]}", float(row[2]), env.iteration + 1)
            context.report_progress(env.iteration + 1, n_rounds, "rounds")

        callbacks: list[Any] = [report]
        if is_watched and self.params.early_stopping_round is not None:
            callbacks.append(lightgbm.early_stopping(self.params.early_stopping_round, verbose=False))
        return callbacks
