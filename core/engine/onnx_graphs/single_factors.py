"""Factors of one number beside products of matrices, kept from being rounded.

1. onnxruntime joins a constant factor of one number with a product of matrices before or behind it, and keeps it as
   float32, also where all else is double: 6e-8 of the product is lost.
2. A factor as wide as what it multiplies is left alone. It is made that wide when the graph is asked, by the shape of
   what it multiplies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

__all__ = ["keep_factors_apart"]

_PRODUCT = "MatMul"
_SCALING = frozenset({"Mul", "Div"})


def keep_factors_apart(graph: GraphProto, new_name: Callable[[str], str]) -> None:
    """Widen the constant factors of one number that stand beside a product of matrices, in place.

    Parameters
    ----------
    graph : GraphProto
        Its nodes in order.
    new_name : callable
        Gives a name that nothing bears yet, made of the word that it takes.
    """
    made_by = {name: node for node in graph.node for name in node.output}
    constants = [(node.output[0], node.attribute[0].t) for node in graph.node if node.op_type == "Constant"]
    constants += [(tensor.name, tensor) for tensor in graph.initializer]
    wide = {name for name, tensor in constants if prod(tensor.dims) != 1}
    fed = _fed_by_inputs(graph)
    found = {node.output[0]: _factor(node, fed) for node in _beside_products(graph, made_by)}
    for product, place in found.items():
        if place is not None and _root(made_by[product].input[place], made_by) not in wide:
            _widen(graph, product, place, new_name)


def _fed_by_inputs(graph: GraphProto) -> set[str]:
    """Return the values that differ with what is asked; what is made of constants and of shapes alone does not."""
    fed = {value.name for value in graph.input}
    for node in graph.node:
        has_graph_within = any(attribute.HasField("g") for attribute in node.attribute)
        if has_graph_within or (node.op_type != "Shape" and not fed.isdisjoint(node.input)):
            fed.update(node.output)
    return fed


def _beside_products(graph: GraphProto, made_by: Mapping[str, NodeProto]) -> Iterator[NodeProto]:
    """Yield each factor that goes into a product of matrices or comes right out of one, once."""
    products = {name for node in graph.node if node.op_type == _PRODUCT for name in node.output}
    feeding = {_root(name, made_by) for node in graph.node if node.op_type == _PRODUCT for name in node.input}
    for node in graph.node:
        takes = {_root(name, made_by) for name in node.input}
        if node.op_type in _SCALING and (node.output[0] in feeding or takes & products):
            yield node


def _root(name: str, made_by: Mapping[str, NodeProto]) -> str:
    """Return the value that bears a name first, where nodes only name or convert it."""
    while name in made_by and made_by[name].op_type in {"Identity", "Cast"}:
        name = made_by[name].input[0]
    return name


def _factor(node: NodeProto, fed: set[str]) -> int | None:
    """Return which input is the constant factor; None where none or both are. What is divided is no factor."""
    places = (1,) if node.op_type == "Div" else (0, 1)
    return next((place for place in places if node.input[place] not in fed and node.input[1 - place] in fed), None)


def _widen(graph: GraphProto, scaled: str, place: int, new_name: Callable[[str], str]) -> None:
    """Make the factor of the node that gives `scaled` as wide as what it multiplies."""
    from onnx import helper

    at, node = next((at, node) for at, node in enumerate(graph.node) if scaled in node.output)
    shape, wide = new_name("shape"), new_name("expand")
    as_wide = helper.make_node("Shape", [node.input[1 - place]], [shape], shape)
    widened = helper.make_node("Expand", [node.input[place], shape], [wide], wide)
    node.input[place] = wide
    graph.node.insert(at, widened)
    graph.node.insert(at, as_wide)
