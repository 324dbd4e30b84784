"""Ridge and logistic regression on standardised features."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline

# Below this many feature values a thread costs more in waiting than it saves.
VALUES_PER_THREAD = 1_000_000
MODEL_FILE = "linear.skops"
CARD_FILE = "linear.json"


class Linear(qlop.ModelPlugin):
    """Ridge regression or L2 logistic regression, by the label's task.

    Features are standardised by the training rows' mean and standard deviation. A missing value is replaced by the
    median of its feature over the training rows; a feature without any training value, or without variance, counts
    nothing. The model is kept in skops' format and loads only if every type in the file is scikit-learn's or NumPy's.
    """

    name = "linear"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    capabilities = frozenset({"missing_values"})
    no_learning_curve = (
        "A linear model has no learning curve: its coefficients are the solution of one equation, solved to the end."
    )

    class Params(qlop.Params):
        """Parameters of `linear`."""

        penalty_strength: float = Field(
            default=10.0,
            gt=0.0,
            le=1e12,
            description="L2 penalty: ridge's alpha, and 1 / C of the logistic regression.",
        )
        max_iterations: int = Field(default=1_000, ge=1, le=1_000_000, description="Logistic: iterations, at most.")

    params: Params

    _pipeline: Pipeline | None = None
    _columns: tuple[str, ...] = ()
    _classes: tuple[float, ...] = ()

    def train(self, data: qlop.TrainingData, validation: qlop.TrainingData | None, context: qlop.TrainContext) -> None:
        """Fit on `data`; `validation` is not used. See the contract."""
        from qlop.engine import checked_features, classes_to_learn
        from threadpoolctl import threadpool_limits

        del validation
        columns = tuple(str(column) for column in data.features.columns)
        self._classes, self._columns = classes_to_learn(data, context, self.name), columns
        weight = None if data.sample_weight is None else data.sample_weight.to_numpy(dtype="float64")
        target, threads = data.target.to_numpy(dtype="float64"), data.features.size // VALUES_PER_THREAD
        imputer, rows = _imputed(checked_features(data.features, columns, self.name))
        # The caller may have handed over the only hold on the rows as they came.
        del data
        with threadpool_limits(limits=max(1, min(context.thread_count, threads))):
            self._pipeline = self._fitted(imputer, rows, target, weight)

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the value, or the likeliest class and the classes' probabilities. See the contract."""
        from qlop.engine import answer_frame

        scores = self._scores(features)
        values = _probabilities(scores) if self._classes else scores[:, 0]
        return answer_frame(values, self._classes, features.index)

    def save_model(self, folder: Path) -> None:
        """Write the fitted pipeline in skops' format, and a card with columns and classes. See the contract."""
        from qlop.engine import write_columns_card, write_skops

        write_skops(self._trained(), folder / MODEL_FILE)
        write_columns_card(folder / CARD_FILE, self._columns, self._classes)

    def load_model(self, folder: Path) -> None:
        """Restore what `save_model` wrote. See the contract."""
        from qlop.engine import read_columns_card, read_skops

        columns, classes = read_columns_card(folder / CARD_FILE, self.name)
        pipeline = read_skops(folder / MODEL_FILE)
        complaint = _complaint(pipeline, len(columns), len(classes))
        if complaint:
            raise qlop.DataError(f"{folder / MODEL_FILE} does not hold a model of {self.name!r}: {complaint}.")
        self._pipeline, self._columns, self._classes = pipeline, columns, classes

    def feature_importances(self) -> pd.Series:
        """Return the size of each standardised coefficient, the largest over the classes."""
        import numpy as np
        import pandas as pd

        coefficients = np.atleast_2d(self._trained()[-1].coef_)
        return pd.Series(
            np.abs(coefficients).max(axis=0), index=list(self._columns), name="size of its standardised coefficient"
        )

    def shap_values(self, features: pd.DataFrame) -> pd.DataFrame | None:
        """Return the coefficients times the standardised features: exact SHAP values of independent features.

        They sum to the log-odds, to each class's score, or to the value; the base is the intercept.
        """
        import numpy as np
        from qlop.engine import shap_frame

        regression = self._trained()[-1]
        rows = np.atleast_2d(regression.coef_)
        intercepts = np.broadcast_to(np.atleast_1d(regression.intercept_), len(rows))
        standardised = self._standardised(features)
        parts = [
            np.column_stack((standardised * row, np.full(len(standardised), intercept)))
            for row, intercept in zip(rows, intercepts, strict=True)
        ]
        return shap_frame(np.stack(parts, axis=1), self._columns, self._classes, features.index)

    def library_object(self) -> Pipeline:
        """Return the pipeline of imputation, standardisation and regression."""
        return self._trained()

    def to_onnx(self, opset: int) -> bytes:
        """Return imputation, standardisation and regression, in float64. See the contract."""
        from qlop.engine import onnx_of_linear_pipeline

        return onnx_of_linear_pipeline(self._trained(), opset)

    def _trained(self) -> Pipeline:
        if self._pipeline is None:
            raise qlop.TrainingError(f"Model {self.name!r} is not trained; call train or load_model first.")
        return self._pipeline

    def _fitted(
        self,
        imputer: SimpleImputer,
        rows: NDArray[np.float64],
        target: NDArray[np.float64],
        weight: NDArray[np.float64] | None,
    ) -> Pipeline:
        import numpy as np
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression, Ridge
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import StandardScaler

        strength = self.params.penalty_strength
        logistic = LogisticRegression(C=1.0 / strength, tol=1e-8, max_iter=self.params.max_iterations)
        regression = logistic if self._classes else Ridge(alpha=strength, solver="cholesky")
        # Step by step, as the pipeline would, but in place: with one copy of the rows and not one for each step.
        scaler = StandardScaler(copy=False)
        rows = scaler.fit_transform(rows)
        scaler.set_params(copy=True)
        if self._classes:
            rows = np.ascontiguousarray(rows)
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            try:
                regression.fit(rows, target, sample_weight=weight)
            except ConvergenceWarning as error:
                raise qlop.TrainingError(
                    f"Model {self.name!r} did not converge in max_iterations {self.params.max_iterations}; raise that "
                    "or penalty_strength."
                ) from error
        return Pipeline([("impute", imputer), ("standardise", scaler), ("regression", regression)])

    def _scores(self, features: pd.DataFrame) -> NDArray[np.float64]:
        """Return the linear scores, shape (n_rows, 1), or (n_rows, n_classes) from three classes up."""
        import numpy as np

        regression = self._trained()[-1]
        standardised = self._standardised(features)
        # A sum row by row, and not a matrix product, whose last digit depends on how many rows there are.
        by_class = [(standardised * row).sum(axis=1) for row in np.atleast_2d(regression.coef_)]
        scores: NDArray[np.float64] = np.column_stack(by_class) + np.atleast_1d(regression.intercept_)
        return scores

    def _standardised(self, features: pd.DataFrame) -> NDArray[np.float64]:
        import numpy as np
        from qlop.engine import checked_features

        imputer, scaler, _ = (step for _, step in self._trained().steps)
        values = checked_features(features, self._columns, self.name)
        standardised: NDArray[np.float64] = np.where(np.isnan(values), imputer.statistics_, values)
        standardised -= scaler.mean_
        standardised /= scaler.scale_
        return standardised


def _imputed(values: NDArray[np.float64]) -> tuple[SimpleImputer, NDArray[np.float64]]:
    """Return the imputer that the rows make, and a copy of the rows without missing values."""
    from sklearn.impute import SimpleImputer

    imputer = SimpleImputer(strategy="median", keep_empty_features=True).fit(_medians(values))
    return imputer, imputer.transform(values)


def _medians(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a row of each column's median, NaN where it has no value: all that the imputer learns from the rows."""
    import numpy as np

    medians = np.full((1, values.shape[1]), np.nan)
    for number, column in enumerate(values.T):
        known = column[~np.isnan(column)]
        if len(known):
            medians[0, number] = np.median(known, overwrite_input=True)
    return medians


def _probabilities(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    pair = np.column_stack((np.zeros(len(scores)), scores)) if scores.shape[1] == 1 else scores
    odds = np.exp(pair - pair.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return shares


def _complaint(pipeline: object, n_columns: int, n_classes: int) -> str:
    """Return what a loaded object lacks of a fitted pipeline of ours; empty where it lacks nothing."""
    import numpy as np
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    expected = [SimpleImputer, StandardScaler, LogisticRegression if n_classes else Ridge]
    if not isinstance(pipeline, Pipeline) or [type(step) for _, step in pipeline.steps] != expected:
        return f"it holds {type(pipeline).__name__}, not {' - '.join(kind.__name__ for kind in expected)}"
    imputer, scaler, regression = (step for _, step in pipeline.steps)
    n_rows = {0: 1, 2: 1}.get(n_classes, n_classes)
    numbers = {
        "medians": (getattr(imputer, "statistics_", None), (n_columns,)),
        "means": (getattr(scaler, "mean_", None), (n_columns,)),
        "scales": (getattr(scaler, "scale_", None), (n_columns,)),
        "coefficients": (getattr(regression, "coef_", None), (n_rows, n_columns) if n_classes else (n_columns,)),
    }
    for name, (values, shape) in numbers.items():
        found = np.asarray(values)
        if found.dtype != np.float64 or found.shape != shape or not np.isfinite(found).all():
            return f"its {name} are not {shape} finite numbers"
    return ""
