"""How a file of anybody is fed with a run's features, and where its answer lies.

1. The features enter as one matrix, or as one input each, named after them; as windows of bars where the file's
   metadata say so. A file that takes whole numbers gets none that are not.
2. A file that says which features it knows (`qlop.feature_columns`) has to know these, in this order.
3. Probabilities are an output for each class (`probability_1`), a matrix with a column for each class, or with two
   classes the higher one's alone. A value is an output of one column. Where the file says which classes the columns
   are, they are the label's, or -1 and 1 for 0 and 1.
4. What does not fit is named, with what was found and what would fit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import DataError
from core.engine.model_columns import probability_column
from core.engine.onnx_graphs.element_types import misfits, takes_anything
from core.engine.onnx_graphs.network_windows import answers_of_file, history_reading
from core.engine.onnx_graphs.onnx_graph import FEATURES, HISTORY_BARS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.engine.onnx_graphs.onnx_session import OnnxSession, OnnxValue

__all__ = ["OnnxLayout", "onnx_layout"]

FEATURE_COLUMNS_KEY = "qlop.feature_columns"


@dataclass(frozen=True)
class OnnxLayout:
    """Where features go in and the answer comes out.

    Attributes
    ----------
    inputs : tuple of str
        An input for each feature, in the features' order; empty where one input takes all.
    outputs : tuple of str
        One, or one for each class.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def answer(self, session: OnnxSession, features: pd.DataFrame) -> NDArray[np.float64]:
        """Return the answer for rows of features, shape (n_rows,), or (n_rows, n_classes).

        Raises
        ------
        DataError
            If the file cannot take the features, or its operators fail on these rows.
        """
        self.check_features(session, features)
        found = answers_of_file(session, features, self.outputs, self.inputs)
        columns = [np.asarray(found[name], dtype=np.float64).reshape(len(features), -1) for name in self.outputs]
        together = np.concatenate(columns, axis=1)
        return together[:, 0] if together.shape[1] == 1 else together

    def takes_whole_numbers(self, session: OnnxSession) -> bool:
        """Whether a feature enters as a whole number."""
        inputs = self.inputs or (session.inputs[0].name,)
        return any(value.is_whole for value in session.inputs if value.name in inputs)

    def check_features(self, session: OnnxSession, features: pd.DataFrame) -> None:
        """Refuse features that the file would take otherwise than they are.

        Raises
        ------
        DataError
            If a file of whole numbers would get others, or one of float16 a number beyond its ends.
        """
        inputs = {value.name: value for value in session.inputs}
        for place, column in enumerate(features.columns):
            value = inputs[self.inputs[place]] if self.inputs else session.inputs[0]
            if takes_anything(value.type):
                continue
            found = features.iloc[:, place].to_numpy(dtype=np.float64)
            wrong = misfits(found, value.type)
            if wrong.any():
                raise DataError(
                    f"The ONNX file's input {value.name!r} is {value.type}, and {int(wrong.sum()):,} of the "
                    f"{len(found):,} values of the feature {str(column)!r} are none of these, {found[wrong][0]:g} for "
                    "one. Give the run other features, or write the file with inputs of float or double."
                )


def onnx_layout(
    session: OnnxSession, columns: Sequence[str], classes: Sequence[float], output: str | None
) -> OnnxLayout:
    """Return how a file is fed with `columns` and where its answer lies.

    Parameters
    ----------
    session : OnnxSession
        The file.
    columns : sequence of str
        The run's features, in order.
    classes : sequence of float
        The label's classes, ascending; empty for a regression.
    output : str or None
        Which output holds the answer; None finds it.

    Raises
    ------
    DataError
        If the file's inputs do not fit the features, or no output can be the answer.
    """
    _check_known_columns(session, columns)
    return OnnxLayout(_inputs(session, columns), _outputs(session, classes, output))


def _check_known_columns(session: OnnxSession, columns: Sequence[str]) -> None:
    if FEATURE_COLUMNS_KEY not in session.metadata:
        return
    try:
        known = [str(name) for name in json.loads(session.metadata[FEATURE_COLUMNS_KEY])]
    except (ValueError, TypeError, RecursionError) as error:
        raise DataError(
            f"The ONNX file's metadata {FEATURE_COLUMNS_KEY} is no list of names: {error!s:.200}"
        ) from error
    if known != list(columns):
        raise DataError(
            f"The ONNX file was made for the features {known}, in this order; the run has {list(columns)}. Give the "
            "run the feature steps that the file's model was trained with."
        )


def _inputs(session: OnnxSession, columns: Sequence[str]) -> tuple[str, ...]:
    found = session.inputs
    if _takes_windows(session, len(columns)):
        return ()
    if len(found) == 1 and _fits(found[0], len(columns)):
        return ()
    by_name = {value.name: value for value in found}
    if sorted(by_name) == sorted(columns) and all(_fits(value, 1) for value in found):
        return tuple(columns)
    raise DataError(
        f"The ONNX file's inputs are [{'; '.join(map(str, found))}], and the run has {len(columns)} features: "
        f"{list(columns)}. They fit one input of numbers, of shape [rows, {len(columns)}], or an input for each "
        "feature, of its name, with any number of rows; windows of bars, where QLOP wrote the file (docs/exports.md)."
    )


def _takes_windows(session: OnnxSession, n_features: int) -> bool:
    reading = history_reading(session)
    if reading is None or [value.name for value in session.inputs] != [FEATURES, HISTORY_BARS]:
        return False
    windows, counts = session.inputs
    fits = windows.is_numeric and windows.shape[1:] == (reading.sequence_bars, n_features)
    return fits and counts.type == "tensor(int64)" and len(counts.shape) == 1


def _fits(value: OnnxValue, width: int) -> bool:
    """Whether it takes any number of rows of `width` columns; one column may lie flat."""
    shape = value.shape
    takes_any_number = bool(shape) and not isinstance(shape[0], int)
    is_flat = len(shape) == 1 and width == 1
    is_matrix = len(shape) == 2 and (shape[1] == width or not isinstance(shape[1], int))
    return value.takes_numbers and takes_any_number and (is_matrix or is_flat)


def _outputs(session: OnnxSession, classes: Sequence[float], output: str | None) -> tuple[str, ...]:
    by_class = tuple(probability_column(label) for label in classes)
    names = {value.name for value in session.outputs}
    if output is None and by_class and names.issuperset(by_class):
        return by_class
    widths = {0: (1,), 2: (2, 1)}.get(len(classes), (len(classes),))
    for width in widths:
        fitting = [value.name for value in session.outputs if _holds(value, width, output)]
        # Of several, the one that says by its name what it is.
        fitting.sort(key=lambda name: not name.startswith("prob" if classes else "prediction"))
        if fitting:
            _check_classes(session, fitting[0], classes)
            return (fitting[0],)
    raise DataError(
        f"None of the ONNX file's outputs [{'; '.join(map(str, session.outputs))}] can be "
        f"{'the output ' + repr(output) + ' with ' if output else ''}{_wanted(classes)}. Name another one under "
        "output, or export the model so (scikit-learn's: with zipmap=False)."
    )


def _check_classes(session: OnnxSession, output: str, classes: Sequence[float]) -> None:
    """Refuse columns that the file says to be of other classes than the label's."""
    found = session.classes.get(output, tuple(classes))
    if found == tuple(classes) or (found, tuple(classes)) == ((-1.0, 1.0), (0.0, 1.0)):
        return
    shown = [f"{name:g}" if isinstance(name, float) else name for name in found]
    raise DataError(
        f"The ONNX file's output {output!r} is of the classes {', '.join(shown):.300}, and the label has "
        f"{', '.join(f'{label:g}' for label in classes)}. They must be the same numbers, or -1 and 1 for 0 and 1. "
        "Train the file's model on those, or write it without names of classes (scikit-learn's: with zipmap=False), so "
        "that its columns count in their order."
    )


def _holds(value: OnnxValue, width: int, output: str | None) -> bool:
    is_asked_for = output is None or value.name == output
    if not is_asked_for or not value.is_numeric:
        return False
    if len(value.shape) == 2:
        return value.shape[1] == width or not isinstance(value.shape[1], int)
    return len(value.shape) == 1 and width == 1


def _wanted(classes: Sequence[float]) -> str:
    if not classes:
        return "the values, float or double, of shape [rows] or [rows, 1]"
    return f"the probabilities of the {len(classes)} classes, float or double, of shape [rows, {len(classes)}]"
