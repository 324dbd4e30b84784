"""An ONNX graph, written node by node.

1. It begins with one input, `features`, of shape (rows, n_features), or with a graph that is there already. A model
   that reads histories has windows of them as its features, and a second input, `history_bars`.
2. Nodes and constants are named by running numbers, so that equal models give equal bytes.
3. It ends with named outputs; factors are kept from being rounded (single_factors.py), and onnx's own checker sees
   the whole before its bytes are given out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from core.engine.onnx_graphs.single_factors import keep_factors_apart

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto

__all__ = ["FEATURES", "HISTORY_BARS", "PRECISION_KEY", "SCORES", "OnnxGraph", "tensor_info"]

FEATURES = "features"
"""The name of the input."""
HISTORY_BARS = "history_bars"
"""The name of the second input of a model that reads histories: how many bars at a window's end are the row's."""
SCORES = "scores"
"""The name of the output of a model's graph."""
PRECISION_KEY = "qlop.computed_in"
"""The key of the metadata that say float32 where a graph of doubles computes in that somewhere."""

_TREES_DOMAIN = "ai.onnx.ml"
_TREES_OPSET = 3
# The least IR version that carries each opset, so that runtimes of that time read the file.
_IR_VERSIONS = {15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10}

ElementType = Literal["float", "double", "int64", "bool"]


class OnnxGraph:
    """A graph under construction; methods that add return the name of what was added.

    Parameters
    ----------
    begun : ModelProto
        What is there already; its outputs are opened again.
    """

    def __init__(self, begun: ModelProto) -> None:
        self._begun = begun
        self._graph = begun.graph
        self._n_named = _size(begun.graph)
        del self._graph.output[:]

    @classmethod
    def begin(
        cls, n_features: int, opset: int, element_type: ElementType, *, sequence_bars: int | None = None
    ) -> OnnxGraph:
        """Return a graph of nothing but its input.

        Parameters
        ----------
        n_features : int
            Columns of the input.
        opset : int
            Of the operators, 15 to 21.
        element_type : str
            "float" where the model itself sees its features as float32, else "double".
        sequence_bars : int, optional
            Bars of a window, where the model reads windows.
        """
        from onnx import GraphProto, helper

        shape = [None, n_features] if sequence_bars is None else [None, sequence_bars, n_features]
        inputs = [tensor_info(FEATURES, element_type, shape)]
        if sequence_bars is not None:
            inputs.append(tensor_info(HISTORY_BARS, "int64", [None]))
        graph = GraphProto(name="qlop", input=inputs)
        opsets = [helper.make_opsetid("", opset), helper.make_opsetid(_TREES_DOMAIN, _TREES_OPSET)]
        return cls(helper.make_model(graph, producer_name="QLOP", ir_version=_IR_VERSIONS[opset], opset_imports=opsets))

    def constant(self, values: ArrayLike, dtype: DTypeLike = np.float64) -> str:
        """Add an array."""
        from onnx import numpy_helper

        name = self._new_name("constant")
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(values, dtype=dtype), name))
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:  # noqa: ANN401 - ONNX's own
        """Add a node of one output."""
        from onnx import helper

        name = self._new_name(operator.lower())
        domain = _TREES_DOMAIN if operator.startswith("Tree") else ""
        self._graph.node.append(helper.make_node(operator, inputs, [name], name, domain=domain, **attributes))
        return name

    def cast(self, value: str, dtype: DTypeLike) -> str:
        """Add a conversion to `dtype`."""
        from onnx import helper

        return self.add("Cast", value, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def name(self, value: str, name: str) -> None:
        """Let a value bear another name too."""
        from onnx import helper

        self._graph.node.append(helper.make_node("Identity", [value], [name], self._new_name("output")))

    def adopt(self, nodes: Iterable[NodeProto], constants: Iterable[TensorProto] = ()) -> None:
        """Add nodes and constants as they are, under names that nothing else bears."""
        self._graph.node.extend(nodes)
        self._graph.initializer.extend(constants)

    @contextmanager
    def inside(self, body: GraphProto) -> Iterator[None]:
        """Add to a graph within, which sees what is around it, for as long as the block lasts."""
        around, self._graph = self._graph, body
        try:
            yield
        finally:
            self._graph = around

    def finished(
        self, outputs: Mapping[str, tuple[str, Sequence[int | None]]], metadata: Mapping[str, str] | None = None
    ) -> bytes:
        """Return the serialised model.

        Parameters
        ----------
        outputs : mapping
            The outputs' names; for each the value, float64, that it gives, and its shape (None: any number of rows).
        metadata : mapping, optional
            Texts to keep in the file.
        """
        import onnx

        for name, (value, shape) in outputs.items():
            self.name(value, name)
            self._graph.output.append(tensor_info(name, "double", shape))
        keep_factors_apart(self._graph, self._new_name)
        for key, text in (metadata or {}).items():
            self._begun.metadata_props.add(key=key, value=text)
        onnx.checker.check_model(self._begun, full_check=True)
        content: bytes = self._begun.SerializeToString()
        return content

    def _new_name(self, what: str) -> str:
        self._n_named += 1
        return f"{what}_{self._n_named}"


def tensor_info(name: str, element_type: ElementType, shape: Sequence[int | None]) -> ValueInfoProto:
    """Return a name, a type and a shape as a graph states them (None: any number of rows)."""
    from onnx import TensorProto, helper

    kinds = {"float": TensorProto.FLOAT, "double": TensorProto.DOUBLE}
    kinds |= {"int64": TensorProto.INT64, "bool": TensorProto.BOOL}
    sizes = ["rows" if size is None else size for size in shape]
    return helper.make_tensor_value_info(name, kinds[element_type], sizes)


def _size(graph: GraphProto) -> int:
    """Return how many nodes and constants there are, also in graphs within."""
    within = (attribute.g for node in graph.node for attribute in node.attribute if attribute.HasField("g"))
    return len(graph.node) + len(graph.initializer) + sum(map(_size, within))
