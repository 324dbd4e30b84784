"""An ONNX file, asked for rows by onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.base.errors import DataError
from core.engine.onnx_graphs.class_pairs import columns_of_pairs
from core.engine.onnx_graphs.element_types import GIVEN_TYPES, TAKEN_TYPES, as_taken

if TYPE_CHECKING:
    import numpy as np
    import onnxruntime
    from numpy.typing import NDArray

    from core.engine.onnx_graphs.class_pairs import ClassNames

__all__ = ["OnnxSession", "OnnxValue"]


@dataclass(frozen=True)
class OnnxValue:
    """An input or an output: its name, its type as onnxruntime writes it, and its shape (texts: any size)."""

    name: str
    type: str
    shape: tuple[int | str | None, ...]

    def __str__(self) -> str:
        """Return it as a message shows it: features: tensor(float) [rows, 7]."""
        return f"{self.name}: {self.type} [{', '.join(str(size or '?') for size in self.shape)}]"

    @property
    def is_numeric(self) -> bool:
        """Whether it is an array of floats, as answers are."""
        return self.type in GIVEN_TYPES

    @property
    def takes_numbers(self) -> bool:
        """Whether it is an array of numbers that features may be."""
        return self.type in TAKEN_TYPES

    @property
    def is_whole(self) -> bool:
        """Whether it is an array of whole numbers."""
        return self.takes_numbers and not self.is_numeric

    @property
    def is_of_pairs(self) -> bool:
        """Whether it gives pairs of a class and a number for each row."""
        return self.type.startswith("seq(map(")


class OnnxSession:
    """A file loaded by onnxruntime, on the CPU; outputs of pairs of a class and a number are matrices.

    Parameters
    ----------
    content : bytes
        The file.
    thread_count : int
        Of an operator. With one, a row's sums are added up in one order, whatever rows stand beside it.

    Attributes
    ----------
    inputs, outputs : tuple of OnnxValue
        In the file's order.
    metadata : mapping
        The file's own texts.
    classes : mapping
        Of the outputs that were of pairs: which class each column belongs to.

    Raises
    ------
    DataError
        If onnxruntime does not take the file.
    """

    def __init__(self, content: bytes, thread_count: int = 1) -> None:
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as answers

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = thread_count
        options.inter_op_num_threads = 1
        # Threads that wait do not turn in circles: the machine has other work.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Errors come as exceptions; what else the library remarks on stderr is nobody's business.
        options.log_severity_level = 4
        refusals = (answers.Fail, answers.InvalidArgument, answers.InvalidGraph, answers.InvalidProtobuf)
        self._failures = (*refusals, answers.NotImplemented, answers.RuntimeException)
        self.classes: Mapping[str, ClassNames] = {}
        self._load(content, options)
        if any(value.is_of_pairs for value in self.outputs):
            content, self.classes = columns_of_pairs(content)
            self._load(content, options)
        self.metadata: Mapping[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)

    def _load(self, content: bytes, options: onnxruntime.SessionOptions) -> None:
        import onnxruntime

        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except self._failures as error:
            raise DataError(f"onnxruntime {onnxruntime.__version__} does not load the file: {error!s:.300}") from error
        self.inputs, self.outputs = (
            tuple(OnnxValue(value.name, value.type, tuple(value.shape)) for value in values)
            for values in (self._session.get_inputs(), self._session.get_outputs())
        )

    def ask(
        self, values: NDArray[np.float64], outputs: Sequence[str] | None = None, columns: Sequence[str] = ()
    ) -> dict[str, NDArray[np.generic]]:
        """Return outputs by name.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_features)
            Rounded to float32 or float16 where the file's input is that; whole where it is a whole number.
        outputs : sequence of str, optional
            Which to compute; all where it is None.
        columns : sequence of str
            The columns of `values`, where the file has an input for each.

        Raises
        ------
        DataError
            If the file's operators fail on these rows.
        """
        wanted = [output.name for output in self.outputs] if outputs is None else list(outputs)
        known = {value.name: value for value in self.inputs}
        if columns:
            shape = {name: (-1, 1) if len(known[name].shape) == 2 else (-1,) for name in columns}
            parts = {name: values[:, place].reshape(shape[name]) for place, name in enumerate(columns)}
        else:
            parts = {self.inputs[0].name: values}
        return self.ask_inputs(parts, wanted)

    def ask_inputs(
        self, inputs: Mapping[str, NDArray[np.generic]], outputs: Sequence[str]
    ) -> dict[str, NDArray[np.generic]]:
        """Return outputs by name.

        Parameters
        ----------
        inputs : mapping
            An array for each of the file's inputs, in whatever type these have.
        outputs : sequence of str
            Which to compute.

        Raises
        ------
        DataError
            If the file's operators fail on these arrays.
        """
        types = {value.name: value.type for value in self.inputs}
        rows = {name: as_taken(part, types[name]) for name, part in inputs.items()}
        try:
            return dict(zip(outputs, self._session.run(list(outputs), rows), strict=True))
        except self._failures as error:
            raise DataError(f"The ONNX file fails on the rows that it is given: {error!s:.300}") from error
