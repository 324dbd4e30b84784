"""Any ONNX file as a model that has learned already."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from qlop.engine import OnnxLayout, OnnxSession

MODEL_FILE = "model.onnx"
CARD_FILE = "onnx.json"
LAYOUT_FILE = "layout.json"
TRIED_ROWS = 1_000


class Onnx(qlop.ModelPlugin):
    """Predicts with an ONNX file, of QLOP's exporter or of any other program; nothing is learned from the rows.

    Training checks that the file takes the features and answers the label's task; calibration learns as for any model.
    The file's bytes are kept with the model, so that the path is needed once. A file is loaded by a process of its own
    with limits first; one that needs other files, or operators that are not ONNX's own, is refused. Until when the
    file's model learned is known of QLOP's exports alone: what looks out of sample may not be, and the summary says so.
    A file of an exported `lstm` reads the bars before each row, among the rows given.
    """

    name = "onnx"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    capabilities = frozenset({"pretrained"})
    no_learning_curve = "The model has no learning curve: the file learned elsewhere, and nothing is learned here."
    no_shap_values = "The model has no SHAP values: an ONNX file shows its answers, and not how they came about."

    class Params(qlop.Params):
        """Parameters of `onnx`."""

        path: qlop.LocalPath = Field(min_length=1, max_length=4_096, description="The ONNX file; relative paths too.")
        sha256: str | None = Field(
            default=None, pattern="^[0-9a-f]{64}$", description="SHA-256 that the file must have; null: any."
        )
        output: str | None = Field(
            default=None,
            min_length=1,
            max_length=1_000,
            description="Output with the probabilities or the value; null: found by type and shape.",
        )
        takes_missing_values: bool = Field(
            default=False, description="The file takes NaN; if not, rows that lack a feature get no prediction."
        )

    params: Params

    _content: bytes = b""
    _session: OnnxSession | None = None
    _layout: OnnxLayout | None = None
    _columns: tuple[str, ...] = ()
    _classes: tuple[float, ...] = ()

    def __init__(self, name: str, params: Params) -> None:
        super().__init__(name, params)
        if params.takes_missing_values:
            # What a file can do is no matter of the class: the engine asks the instance.
            self.capabilities = type(self).capabilities | {"missing_values"}  # type: ignore[misc]

    def check(self) -> None:
        """Refuse a file that is not there, or cannot be loaded. See the contract."""
        from qlop.engine import check_onnx_file

        try:
            check_onnx_file(self._read())
        except (qlop.DataError, qlop.TrainingError) as error:
            raise qlop.ConfigError(f"path: {error}") from error

    def train(self, data: qlop.TrainingData, validation: qlop.TrainingData | None, context: qlop.TrainContext) -> None:
        """Check that the file fits the rows; learn nothing. See the contract."""
        from qlop.engine import OnnxSession, check_onnx_file, classes_to_learn, onnx_layout

        del validation
        self._columns = tuple(str(column) for column in data.features.columns)
        self._classes = classes_to_learn(data, context, self.name)
        content = self._read()
        # Whoever is given the model knows the file by its name and this.
        self.params = self.params.model_copy(update={"sha256": hashlib.sha256(content).hexdigest()})
        try:
            check_onnx_file(content)
            session = OnnxSession(content)
            layout = onnx_layout(session, self._columns, self._classes, self.params.output)
            self._content, self._layout = content, layout
            self._take(session, layout)
            self._check_missing(session, layout)
            layout.check_features(session, data.features)
            self._check_answers(data.features.iloc[:TRIED_ROWS])
        except qlop.DataError as error:
            raise qlop.TrainingError(f"Model {self.name!r}, {self.params.path}: {error}") from error

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return what the file answers. See the contract."""
        from qlop.engine import answer_frame

        return answer_frame(self._scores(features), self._classes, features.index)

    def save_model(self, folder: Path) -> None:
        """Write the file's bytes, a card with columns and classes, and how it is fed. See the contract."""
        from dataclasses import asdict

        from qlop.engine import write_columns_card

        _, layout = self._trained()
        (folder / MODEL_FILE).write_bytes(self._content)
        write_columns_card(folder / CARD_FILE, self._columns, self._classes)
        (folder / LAYOUT_FILE).write_text(json.dumps(asdict(layout), indent=2) + "\n", encoding="utf-8")

    def load_model(self, folder: Path) -> None:
        """Restore what `save_model` wrote. See the contract."""
        from qlop.engine import OnnxSession, check_onnx_file, onnx_layout, read_columns_card

        columns, classes = read_columns_card(folder / CARD_FILE, self.name)
        try:
            content = (folder / MODEL_FILE).read_bytes()
            outputs = json.loads((folder / LAYOUT_FILE).read_text(encoding="utf-8"))["outputs"]
            output = str(outputs[0]) if len(outputs) == 1 else None
        except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
            raise qlop.DataError(f"{folder} does not hold a model of {self.name!r}: {error!s:.300}") from error
        check_onnx_file(content)
        session = OnnxSession(content)
        self._layout = onnx_layout(session, columns, classes, output)
        self._content, self._columns, self._classes = content, columns, classes
        self._take(session, self._layout)

    def history_reading(self) -> qlop.HistoryReading | None:
        """Return what the file says of its windows. See the contract."""
        from qlop.engine import history_reading

        return history_reading(self._trained()[0])

    def to_onnx(self, opset: int) -> bytes:
        """Return the file's own graph, its answer as scores. See the contract."""
        from qlop.engine import onnx_of_file

        _, layout = self._trained()
        return onnx_of_file(self._content, layout, len(self._columns), len(self._classes), opset)

    def _take(self, session: OnnxSession, layout: OnnxLayout) -> None:
        from qlop.engine import history_reading

        self._session = session
        self.learned_until = session.metadata.get("qlop.learned_until", "")
        if history_reading(session) is not None:
            self.capabilities = self.capabilities | {"earlier_rows"}  # type: ignore[misc]
        if layout.takes_whole_numbers(session):
            self.capabilities = self.capabilities | {"whole_numbers"}  # type: ignore[misc]

    def _read(self) -> bytes:
        from qlop.engine import read_onnx_file

        content = read_onnx_file(Path(self.params.path))
        found = hashlib.sha256(content).hexdigest()
        if self.params.sha256 not in {None, found}:
            raise qlop.TrainingError(
                f"Model {self.name!r}: {self.params.path} has the SHA-256 {found}, and sha256 asks for "
                f"{self.params.sha256}. It is another file; check where it comes from."
            )
        return content

    def _trained(self) -> tuple[OnnxSession, OnnxLayout]:
        if self._session is None or self._layout is None:
            raise qlop.TrainingError(f"Model {self.name!r} is not trained; call train or load_model first.")
        return self._session, self._layout

    def _scores(self, features: pd.DataFrame) -> NDArray[np.float64]:
        """Return the value, P(higher class), or P of each class."""
        import numpy as np
        from qlop.engine import checked_features

        session, layout = self._trained()
        checked_features(features, self._columns, self.name)
        if features.empty:
            return np.empty((0, len(self._classes)) if len(self._classes) > 2 else 0)
        answer = layout.answer(session, features)
        return answer[:, 1] if answer.ndim == 2 and len(self._classes) == 2 else answer

    def _check_missing(self, session: OnnxSession, layout: OnnxLayout) -> None:
        if self.params.takes_missing_values and layout.takes_whole_numbers(session):
            raise qlop.DataError(
                "takes_missing_values is true, but the file takes features as whole numbers, and none of these says "
                "that a value is missing. Set takes_missing_values: false."
            )

    def _check_answers(self, features: pd.DataFrame) -> None:
        """Refuse a file whose answers to these rows are no probabilities, or no values."""
        import numpy as np

        session, layout = self._trained()
        answer = layout.answer(session, features)
        n_columns = 1 if answer.ndim == 1 else answer.shape[1]
        widths = {0: {1}, 2: {1, 2}}.get(len(self._classes), {len(self._classes)})
        if n_columns not in widths:
            raise qlop.DataError(
                f"The output {layout.outputs[0]!r} has {n_columns} columns, and the label has {len(self._classes)} "
                f"classes; allowed are {sorted(widths)} columns. Name another output under output."
            )
        if not np.isfinite(answer).all():
            missing = "" if self.params.takes_missing_values else " none of which lacks a feature,"
            raise qlop.DataError(
                f"The output {layout.outputs[0]!r} is not finite for {int((~np.isfinite(answer)).sum())} of "
                f"{answer.size} answers to {len(answer)} rows,{missing} and must be. Set takes_missing_values: false "
                "if the file cannot take NaN."
            )
        if self._classes and not _are_probabilities(answer):
            raise qlop.DataError(
                f"The output {layout.outputs[0]!r} is between {answer.min():g} and {answer.max():g} and is no "
                "probability of the label's classes (0 to 1, all classes together 1). Name another one under output."
            )


def _are_probabilities(answer: NDArray[np.float64]) -> bool:
    import numpy as np

    lies_inside = bool((answer >= -1e-6).all() and (answer <= 1.0 + 1e-6).all())
    return lies_inside and (answer.ndim == 1 or bool(np.allclose(answer.sum(axis=1), 1.0, atol=1e-3)))
