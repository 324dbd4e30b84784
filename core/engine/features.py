"""The feature pipeline: named steps in their order.

1. Where the panel has splits in it, prices are made continuous by the splits so far (see continuous_prices.py).
2. Each step sees the panel's columns and those of earlier steps, and adds its own.
3. What a step returns is checked: its names, its index, float64, nothing infinite. NaN means not known yet.
4. A step that learns is fitted on training rows alone, after the steps before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.contracts.feature_step import FeatureStepPlugin
from core.engine.continuous_prices import split_continuous
from core.engine.own_bars import per_ticker
from core.engine.panel_index import check_index_form, check_index_order, row_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FeaturePipeline", "per_ticker"]


class FeaturePipeline:
    """Feature steps in their order.

    Parameters
    ----------
    steps : sequence of FeatureStepPlugin
        At least one; their names differ.

    Raises
    ------
    DataError
        If there is no step, or two share a name.
    """

    def __init__(self, steps: Sequence[FeatureStepPlugin]) -> None:
        self.steps = tuple(steps)
        self._is_fitted = False
        names = [step.name for step in self.steps]
        if not names:
            raise DataError("The feature pipeline has no step; name at least one under features.")
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise DataError(f"Two feature steps are named {twice[0]!r}; give each its own name.")

    @property
    def needs_fit(self) -> bool:
        """Whether some step learns from training rows."""
        return bool(self.learning_steps)

    @property
    def learning_steps(self) -> tuple[str, ...]:
        """The names of the steps that learn from training rows, in their order."""
        return tuple(step.name for step in self.steps if _learns(step))

    @property
    def lookback_bars(self) -> int:
        """How many of its own bars before t a ticker's features at t depend on, at most.

        A step that reads earlier columns adds what these look back; one that does not say what it reads
        (`input_columns` is None) may read them all.
        """
        return max(self._lookbacks())

    def fit(self, data: pd.DataFrame, training_rows: NDArray[np.intp] | None = None) -> FeaturePipeline:
        """Let the steps that learn see training rows.

        Parameters
        ----------
        data : DataFrame
            The price panel. Steps are computed on all of it, so that windows have no holes.
        training_rows : ndarray of int, optional
            Positions of the rows that steps may learn from; by default all.

        Returns
        -------
        FeaturePipeline
            Itself.
        """
        if not self.needs_fit:
            return self
        frame = _opened(data)
        last_that_learns = max(position for position, step in enumerate(self.steps) if _learns(step))
        for position, step in enumerate(self.steps[: last_that_learns + 1]):
            if _learns(step):
                step.fit(frame if training_rows is None else frame.take(training_rows))
            if position < last_that_learns:
                frame = _joined(frame, _checked(step, step.transform(frame), frame))
        self._is_fitted = True
        return self

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return all feature columns, in the steps' order.

        Parameters
        ----------
        data : DataFrame
            The price panel, index (timestamp, ticker), sorted.

        Returns
        -------
        DataFrame of shape (n_rows, n_features)
            float64, on the panel's index. A value at t is known at the close of t; NaN where not known yet.

        Raises
        ------
        DataError
            If the panel is out of order, a step breaks its promises, or a step that learns was not fitted.
        """
        return pd.concat(self.inspect(data).values(), axis=1)

    def inspect(self, data: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Return each step's own columns, by the step's name, in the steps' order; else as `transform`."""
        if self.needs_fit and not self._is_fitted:
            learner = next(step for step in self.steps if _learns(step))
            raise DataError(
                f"Feature step {learner.name!r} learns from training rows and has seen none; call fit with them first."
            )
        frame = _opened(data)
        results: dict[str, pd.DataFrame] = {}
        for step in self.steps:
            results[step.name] = _checked(step, step.transform(frame), frame)
            frame = _joined(frame, results[step.name])
        return results

    def _lookbacks(self) -> list[int]:
        lookbacks: list[int] = []
        for position, step in enumerate(self.steps):
            read = [
                lookback
                for lookback, earlier in zip(lookbacks, self.steps[:position], strict=True)
                if _reads(step, earlier)
            ]
            lookbacks.append(step.lookback_bars + max(read, default=0))
        return lookbacks


def _learns(step: FeatureStepPlugin) -> bool:
    return type(step).fit is not FeatureStepPlugin.fit


def _reads(step: FeatureStepPlugin, earlier: FeatureStepPlugin) -> bool:
    columns = step.input_columns
    return columns is None or any(_bears_name(column, earlier.name) for column in columns)


def _bears_name(column: str, step_name: str) -> bool:
    return column == step_name or column.startswith(f"{step_name}_")


def _opened(data: pd.DataFrame) -> pd.DataFrame:
    check_index_form(data.index, "features")
    check_index_order(data, "features")
    return split_continuous(data)


def _joined(frame: pd.DataFrame, columns: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{str(name): columns[name] for name in columns})


def _checked(step: FeatureStepPlugin, columns: object, frame: pd.DataFrame) -> pd.DataFrame:
    where = f"Feature step {step.name!r}"
    if not isinstance(columns, pd.DataFrame):
        raise DataError(f"{where} returned a {type(columns).__name__}; it must return a DataFrame of its columns.")
    _check_names(where, step, columns, frame)
    if not columns.index.equals(frame.index):
        raise DataError(
            f"{where} returned {len(columns)} rows on another index than its input of {len(frame)} rows; rows must be "
            "neither added, dropped nor reordered."
        )
    for name in columns:
        _check_values(where, columns[name])
    return columns


def _check_names(where: str, step: FeatureStepPlugin, columns: pd.DataFrame, frame: pd.DataFrame) -> None:
    if columns.shape[1] == 0:
        raise DataError(f"{where} added no column; a step adds at least one.")
    twice = columns.columns[columns.columns.duplicated()]
    if len(twice):
        raise DataError(f"{where} returned column {twice[0]!r} twice; each name may appear once.")
    for name in columns:
        if not isinstance(name, str) or not _bears_name(name, step.name):
            raise DataError(
                f"{where} returned column {name!r}; its columns must be named {step.name!r} or '{step.name}_<suffix>'."
            )
        if name in frame:
            raise DataError(
                f"{where} returned column {name!r}, which the panel or an earlier step has already; rename the step."
            )


def _check_values(where: str, column: pd.Series) -> None:
    if column.dtype != np.float64:
        raise DataError(f"{where} returned column {column.name!r} of dtype {column.dtype}; it must be float64.")
    infinite = np.isinf(column.to_numpy())
    if infinite.any():
        row = int(np.argmax(infinite))
        at = row_text(cast("pd.DataFrame", column), row)
        raise DataError(
            f"{where} gives {column.iloc[row]} in column {column.name!r} of {at} ({int(infinite.sum())} such values); "
            "values must be finite, or NaN where not known. Look for a division by zero."
        )
