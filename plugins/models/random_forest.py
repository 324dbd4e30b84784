"""Random forests by scikit-learn."""

from __future__ import annotations

import math
import warnings
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

# Rows times trees above which the learning curve would cost more than it tells.
CURVE_ROWS_TIMES_TREES = 200_000_000
MODEL_FILE = "random_forest.skops"
CARD_FILE = "random_forest.json"
TREE_TYPE = "sklearn.tree._tree.Tree"
# Trees grow in so many groups, at most, so that it is seen how far a forest is, and a wish to stop is heard.
GROUPS = 20
TREES_PER_THREAD = 4


class RandomForest(qlop.ModelPlugin):
    """Trees grown on rows drawn with replacement, averaged: classifier or regressor, by the label's task.

    A missing value goes to the side of a split that training found better for it, and to the larger side where training
    has seen none missing. Features enter as float32. The learning curve is the out-of-bag Brier score, or root mean
    squared error, at an eighth, a quarter, half and all of the trees; labels that overlap make it look better than it
    is. The model is kept in skops' format, and loads only if its trees are trees.
    """

    name = "random_forest"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    capabilities = frozenset({"missing_values"})
    no_learning_curve = "There are too many rows and trees for out-of-bag scores, or no row was left out of every bag."
    no_shap_values = "SHAP values of a forest need the package shap: pip install 'qlop[explain]'."

    class Params(qlop.Params):
        """Parameters of `random_forest`; the names are scikit-learn's own."""

        n_estimators: int = Field(default=200, ge=1, le=10_000, description="Trees.")
        max_depth: int | None = Field(default=8, ge=1, le=1_000, description="Depth of a tree; null: no limit.")
        min_samples_leaf: int = Field(default=20, ge=1, le=1_000_000_000, description="Least rows in a leaf.")
        max_features: float = Field(default=0.5, gt=0.0, le=1.0, description="Share of features tried at each split.")
        max_samples: float | None = Field(
            default=None,
            gt=0.0,
            le=1.0,
            description="Rows drawn for each tree, as a share; null: as many as there are.",
        )

    params: Params

    _forest: Any = None
    _columns: tuple[str, ...] = ()
    _classes: tuple[float, ...] = ()

    def train(self, data: qlop.TrainingData, validation: qlop.TrainingData | None, context: qlop.TrainContext) -> None:
        """Grow trees on `data`; `validation` is not used. See the contract."""
        import numpy as np
        from qlop.engine import classes_to_learn

        del validation
        columns = tuple(str(column) for column in data.features.columns)
        self._classes, self._columns = classes_to_learn(data, context, self.name), columns
        values = self._values(data.features)
        target = data.target.to_numpy(dtype=np.float64)
        if self._classes:
            target = np.searchsorted(self._classes, target).astype(np.float64)
        weight = None if data.sample_weight is None else data.sample_weight.to_numpy(dtype=np.float64)
        forest = self._new_forest(context)
        judged = self._judged(len(values))
        for n_trees in sorted({*judged, *self._groups(context.thread_count)}):
            forest.set_params(n_estimators=n_trees, oob_score=n_trees in judged)
            with warnings.catch_warnings():
                # Few trees leave some rows in every bag; the curve leaves those rows out.
                warnings.filterwarnings("ignore", message="Some inputs do not have OOB scores", category=UserWarning)
                forest.fit(values, target, sample_weight=weight)
            if forest.oob_score:
                self._report(forest, target, weight, context)
            context.report_progress(n_trees, self.params.n_estimators, "trees")
        self._forest = _settled(forest)

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the value, or the likeliest class and the classes' probabilities. See the contract."""
        import numpy as np
        from qlop.engine import answer_frame

        forest, values = self._trained(), self._values(features)
        if not len(values):
            return answer_frame(
                np.empty((0, len(self._classes)) if self._classes else 0), self._classes, features.index
            )
        answer = forest.predict_proba(values) if self._classes else forest.predict(values)
        return answer_frame(np.asarray(answer, dtype=np.float64), self._classes, features.index)

    def save_model(self, folder: Path) -> None:
        """Write the forest in skops' format, and a card with columns and classes. See the contract."""
        from qlop.engine import write_columns_card, write_skops

        write_skops(self._trained(), folder / MODEL_FILE)
        write_columns_card(folder / CARD_FILE, self._columns, self._classes)

    def load_model(self, folder: Path) -> None:
        """Restore what `save_model` wrote. See the contract."""
        from qlop.engine import forest_problem, read_columns_card, read_skops

        columns, classes = read_columns_card(folder / CARD_FILE, self.name)
        forest = read_skops(folder / MODEL_FILE, also_trusted=(TREE_TYPE,))
        problem = forest_problem(forest, n_features=len(columns), n_classes=len(classes))
        if problem:
            raise qlop.DataError(f"{folder / MODEL_FILE} does not hold a model of {self.name!r}: {problem}.")
        self._forest, self._columns, self._classes = _settled(forest), columns, classes

    def feature_importances(self) -> pd.Series:
        """Return the mean share of each feature in the fall of impurity; they sum to 1, or are 0 without a split."""
        import pandas as pd

        shares = self._trained().feature_importances_
        return pd.Series(
            shares, index=list(self._columns), name="share of the fall of impurity at its splits", dtype="float64"
        )

    def shap_values(self, features: pd.DataFrame) -> pd.DataFrame | None:
        """Return TreeSHAP of the higher class's probability, of each class's, or of the value.

        None without the package shap (pip install 'qlop[explain]').
        """
        import numpy as np
        from qlop.engine import shap_frame

        forest, values = self._trained(), self._values(features)
        try:
            shap: Any = import_module("shap")
        except ModuleNotFoundError:
            return None
        if not len(values):
            return shap_frame(np.empty(0), self._columns, self._classes, features.index)
        explainer = shap.TreeExplainer(forest)
        found = np.atleast_3d(np.asarray(explainer.shap_values(values), dtype=np.float64)).transpose(0, 2, 1)
        base = np.asarray(explainer.expected_value, dtype=np.float64).ravel()
        bases = np.broadcast_to(base[:, None], (len(values), len(base), 1))
        by_class = np.concatenate((found, bases), axis=2)
        # Of two classes the higher one says all.
        chosen = by_class[:, -1:] if len(self._classes) == 2 else by_class
        return shap_frame(chosen, self._columns, self._classes, features.index)

    def library_object(self) -> object | None:
        """Return scikit-learn's forest; its classes are the positions of the target's classes. See the contract."""
        forest: object = self._trained()
        return forest

    def to_onnx(self, opset: int) -> bytes:
        """Return the trees and their average, in float64. See the contract."""
        from qlop.engine import onnx_of_forest

        return onnx_of_forest(self._trained(), opset)

    def _trained(self) -> Any:  # noqa: ANN401 - a forest of either kind
        if self._forest is None:
            raise qlop.TrainingError(f"Model {self.name!r} is not trained; call train or load_model first.")
        return self._forest

    def _values(self, features: pd.DataFrame) -> NDArray[np.float32]:
        """Return the features as the trees see them; what float32 cannot hold becomes the nearest that it can."""
        import numpy as np
        from qlop.engine import checked_features

        most = np.finfo(np.float32).max
        values = checked_features(features, self._columns, self.name)
        return np.clip(values, -most, most).astype(np.float32)

    def _new_forest(self, context: qlop.TrainContext) -> Any:  # noqa: ANN401 - a forest of either kind
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        kind = RandomForestClassifier if self._classes else RandomForestRegressor
        given = self.params.model_dump(exclude={"n_estimators"})
        return kind(**given, random_state=context.seed, n_jobs=context.thread_count, warm_start=True)

    def _judged(self, n_rows: int) -> set[int]:
        """Return how many trees there are each time that the learning curve gets a point."""
        n_trees = self.params.n_estimators
        if n_rows * n_trees > CURVE_ROWS_TIMES_TREES:
            return set()
        return {max(1, n_trees // parts) for parts in (8, 4, 2, 1)}

    def _groups(self, thread_count: int) -> set[int]:
        """Return how many trees there are after each group that is grown at once; its last trees leave threads idle."""
        n_trees = self.params.n_estimators
        at_once = max(math.ceil(n_trees / GROUPS), TREES_PER_THREAD * thread_count)
        return {*range(at_once, n_trees, at_once), n_trees}

    def _report(
        self,
        forest: Any,  # noqa: ANN401 - a forest of either kind
        target: NDArray[np.float64],
        weight: NDArray[np.float64] | None,
        context: qlop.TrainContext,
    ) -> None:
        """Pass on the score of the rows on the trees that have not seen them."""
        import numpy as np

        if self._classes:
            shares = forest.oob_decision_function_
            is_out = np.isfinite(shares).all(axis=1) & (shares.sum(axis=1) > 0.0)
            truth = target[:, None] == np.arange(len(self._classes))
            errors = ((shares - truth) ** 2).sum(axis=1) / (2.0 if len(self._classes) == 2 else 1.0)
        else:
            is_out = np.isfinite(forest.oob_prediction_)
            errors = (forest.oob_prediction_ - target) ** 2
        if not is_out.any():
            return
        mean = float(np.average(errors[is_out], weights=None if weight is None else weight[is_out]))
        name, value = ("brier", mean) if self._classes else ("rmse", mean**0.5)
        context.report_metric(f"out_of_bag_{name}", value, forest.n_estimators)


def _settled(forest: Any) -> Any:  # noqa: ANN401 - a forest of either kind
    """Return the forest without what belongs to its growing: it answers in one thread, always in the same order."""
    forest.set_params(n_jobs=1, warm_start=False, oob_score=False)
    for name in ("oob_score_", "oob_decision_function_", "oob_prediction_"):
        vars(forest).pop(name, None)
    return forest
