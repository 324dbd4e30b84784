"""Gradient-boosted trees by XGBoost, through its native interface."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import xgboost
    from numpy.typing import NDArray

# Below this many feature values a thread costs more in waiting than it saves.
VALUES_PER_THREAD = 100_000
BOOSTER_FILE = "booster.ubj"
CARD_FILE = "xgboost.json"


class XGBoost(qlop.ModelPlugin):
    """Gradient-boosted trees: classifier or regressor, by the label's task.

    Missing features are a branch of their own. With validation rows and `early_stopping_rounds`, boosting stops once
    the validation loss has not fallen for that many rounds, and the trees after the best round are dropped. Features
    enter as float32. Fewer than 100,000 feature values a thread are given to fewer threads. The model is kept in
    XGBoost's UBJ format.
    """

    name = "xgboost"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    capabilities = frozenset({"early_stopping", "missing_values"})

    class Params(qlop.Params):
        """Parameters of `xgboost`; the names are XGBoost's own."""

        n_estimators: int = Field(default=400, ge=1, le=100_000, description="Boosting rounds, at most.")
        learning_rate: float = Field(default=0.05, gt=0.0, le=1.0, description="Shrinkage of each tree.")
        max_depth: int = Field(default=4, ge=1, le=30, description="Depth of a tree.")
        min_child_weight: float = Field(default=10.0, ge=0.0, description="Least sum of hessians in a leaf.")
        subsample: float = Field(default=0.8, gt=0.0, le=1.0, description="Share of rows drawn for each tree.")
        colsample_bytree: float = Field(default=0.8, gt=0.0, le=1.0, description="Share of features for each tree.")
        reg_lambda: float = Field(default=1.0, ge=0.0, description="L2 penalty on leaf weights.")
        reg_alpha: float = Field(default=0.0, ge=0.0, description="L1 penalty on leaf weights.")
        gamma: float = Field(default=0.0, ge=0.0, description="Least fall of the loss that a split must bring.")
        early_stopping_rounds: int | None = Field(
            default=30, ge=1, description="Rounds without a better validation loss before boosting stops; null: never."
        )
        max_bin: int = Field(default=256, ge=2, le=65_536, description="hist, approx: bins of a feature.")
        tree_method: Literal["hist", "approx", "exact"] = Field(default="hist", description="How splits are searched.")
        device: Literal["cpu", "cuda"] = Field(
            default="cpu", description="cuda needs the package xgboost in place of xgboost-cpu."
        )

    params: Params

    _booster: xgboost.Booster | None = None
    _columns: tuple[str, ...] = ()
    _classes: tuple[float, ...] = ()

    def train(self, data: qlop.TrainingData, validation: qlop.TrainingData | None, context: qlop.TrainContext) -> None:
        """Boost trees on `data`, watching `validation`. See the contract."""
        import xgboost
        from qlop.engine import classes_to_learn, rows_of_classes

        self._check_device()
        columns = tuple(str(column) for column in data.features.columns)
        self._classes, self._columns = classes_to_learn(data, context, self.name), columns
        threads = max(1, min(context.thread_count, data.features.size // VALUES_PER_THREAD))
        rows = self._matrix(data, threads, None)
        # The caller may have handed over the only hold on the rows as they came; the matrix has its own.
        del data
        known = rows_of_classes(validation, self._classes)
        watched = None if known is None else self._matrix(known, threads, rows)
        booster = xgboost.train(
            self._settings(context, threads),
            rows,
            num_boost_round=self.params.n_estimators,
            evals=[(watched, "validation")] if watched is not None else [],
            callbacks=self._callbacks(context, rows, is_watched=watched is not None),
            verbose_eval=False,
        )
        self._booster = booster

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the value, or the likeliest class and the classes' probabilities. See the contract."""
        from qlop.engine import answer_frame

        return answer_frame(self._scores(features), self._classes, features.index)

    def save_model(self, folder: Path) -> None:
        """Write the booster in UBJ and a card with columns and classes. See the contract."""
        from qlop.engine import write_columns_card

        self._trained().save_model(folder / BOOSTER_FILE)
        write_columns_card(folder / CARD_FILE, self._columns, self._classes)

    def load_model(self, folder: Path) -> None:
        """Restore what `save_model` wrote. See the contract."""
        import xgboost
        from qlop.engine import read_columns_card

        columns, classes = read_columns_card(folder / CARD_FILE, self.name)
        booster = xgboost.Booster()
        try:
            booster.load_model(bytearray((folder / BOOSTER_FILE).read_bytes()))
        except (OSError, ValueError, xgboost.core.XGBoostError) as error:
            raise qlop.DataError(f"{folder} does not hold a model of {self.name!r}: {error!s:.300}") from error
        if booster.num_features() != len(columns):
            raise qlop.DataError(
                f"{folder}: the booster has {booster.num_features()} features, its card names {len(columns)}."
            )
        self._booster, self._columns, self._classes = booster, columns, classes

    def feature_importances(self) -> pd.Series:
        """Return the average gain of the splits on each feature; 0 where it is never split on."""
        import pandas as pd

        gains = self._trained().get_score(importance_type="gain")
        values = [gains.get(f"f{position}", 0.0) for position in range(len(self._columns))]
        return pd.Series(values, index=list(self._columns), name="average gain of the splits on it", dtype="float64")

    def library_object(self) -> xgboost.Booster:
        """Return the booster."""
        return self._trained()

    def to_onnx(self, opset: int) -> bytes:
        """Return the trees and what follows them, in float32 as XGBoost computes. See the contract."""
        from qlop.engine import onnx_of_booster

        return onnx_of_booster(self._trained(), opset)

    def shap_values(self, features: pd.DataFrame) -> pd.DataFrame | None:
        """Return XGBoost's own TreeSHAP of the log-odds, of each class's margin, or of the value."""
        import numpy as np
        import xgboost
        from qlop.engine import checked_features, shap_frame

        booster = self._trained()
        values = checked_features(features, self._columns, self.name)
        found = np.empty(0)
        if len(values):
            found = booster.predict(xgboost.DMatrix(values), pred_contribs=True, validate_features=False)
        return shap_frame(found, self._columns, self._classes, features.index)

    def _trained(self) -> xgboost.Booster:
        if self._booster is None:
            raise qlop.TrainingError(f"Model {self.name!r} is not trained; call train or load_model first.")
        return self._booster

    def _scores(self, features: pd.DataFrame) -> NDArray[np.float64]:
        """Return P(higher class), or P of each class, or the value."""
        import numpy as np
        from qlop.engine import checked_features

        booster = self._trained()
        values = checked_features(features, self._columns, self.name)
        if not len(values):
            return np.empty((0, len(self._classes)) if len(self._classes) > 2 else 0)
        return np.asarray(booster.inplace_predict(values, validate_features=False), dtype=np.float64)

    def _matrix(self, data: qlop.TrainingData, thread_count: int, reference: xgboost.DMatrix | None) -> xgboost.DMatrix:
        import numpy as np
        import xgboost
        from qlop.engine import checked_features

        values = checked_features(data.features, self._columns, self.name)
        target = data.target.to_numpy(dtype=np.float64)
        weight = None if data.sample_weight is None else data.sample_weight.to_numpy(dtype=np.float64)
        if self._classes:
            target = np.searchsorted(self._classes, target).astype(np.float64)
        if self.params.tree_method == "hist":
            return xgboost.QuantileDMatrix(
                values, target, weight=weight, nthread=thread_count, max_bin=self.params.max_bin, ref=reference
            )
        return xgboost.DMatrix(values, target, weight=weight, nthread=thread_count)

    def _settings(self, context: qlop.TrainContext, thread_count: int) -> dict[str, Any]:
        settings = self.params.model_dump(exclude={"n_estimators", "early_stopping_rounds"})
        objective = {0: "reg:squarederror", 2: "binary:logistic"}.get(len(self._classes), "multi:softprob")
        metric = {0: "rmse", 2: "logloss"}.get(len(self._classes), "mlogloss")
        settings |= {"objective": objective, "eval_metric": metric, "seed": context.seed, "verbosity": 0}
        if objective == "multi:softprob":
            settings["num_class"] = len(self._classes)
        if settings["tree_method"] == "exact":
            del settings["max_bin"]
        return settings | {"nthread": thread_count}

    def _callbacks(self, context: qlop.TrainContext, rows: xgboost.DMatrix, *, is_watched: bool) -> list[Any]:
        import xgboost

        class Report(xgboost.callback.TrainingCallback):
            """Tell each round, and pass the training and the validation loss on, about a hundred times a fit."""

            # A class lives on until cycles are looked for, and all that it holds with it: the rows are the object's.
            def __init__(self, context: qlop.TrainContext, rows: xgboost.DMatrix, n_rounds: int) -> None:
                super().__init__()
                self._context, self._rows, self._n_rounds = context, rows, n_rounds

            def after_iteration(self, model: xgboost.Booster, epoch: int, evals_log: Any) -> bool:  # noqa: ANN401
                report = self._context.report_metric
                if epoch % max(1, self._n_rounds // 100) == 0:
                    name, _, loss = model.eval_set([(self._rows, "train")], epoch).split("\t")[-1].partition(":")
                    report(name.replace("train-", "train_"), float(loss), epoch + 1)
                    for losses in evals_log.values():
                        for metric, values in losses.items():
                            report(f"validation_{metric}", float(values[-1]), epoch + 1)
                self._context.report_progress(epoch + 1, self._n_rounds, "rounds")
                return False

        callbacks: list[Any] = [Report(context, rows, self.params.n_estimators)]
        if is_watched and self.params.early_stopping_rounds is not None:
            callbacks.append(xgboost.callback.EarlyStopping(rounds=self.params.early_stopping_rounds, save_best=True))
        return callbacks

    def _check_device(self) -> None:
        import xgboost

        if self.params.device == "cuda" and not xgboost.build_info().get("USE_CUDA", False):
            raise qlop.TrainingError(
                f"Model {self.name!r}: device is 'cuda', but the installed XGBoost has no CUDA. Use device 'cpu', or "
                "replace the package: pip uninstall xgboost-cpu, then pip install xgboost."
            )
