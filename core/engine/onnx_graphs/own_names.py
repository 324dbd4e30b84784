"""A graph under names that nothing else bears, so that it can stand within another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import GraphProto

__all__ = ["give_own_names"]


def give_own_names(graph: GraphProto, prefix: str) -> None:
    """Put a prefix before all names of a graph, in place: of values, constants, nodes and sizes.

    Graphs within, the bodies of loops and branches, are renamed alike: they may name values of the graph around them.
    A size that bears one name must be one number throughout a file, and rows here may be bars there.
    """
    for value in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        value.name = prefix + value.name
    for value in (*graph.input, *graph.output, *graph.value_info):
        for size in value.type.tensor_type.shape.dim:
            if size.dim_param:
                size.dim_param = prefix + size.dim_param
    for sparse in graph.sparse_initializer:
        sparse.values.name = prefix + sparse.values.name
    for node in graph.node:
        # Nodes need no name, and an input that is left out has an empty one.
        node.name = node.name and prefix + node.name
        for names in (node.input, node.output):
            names[:] = [name and prefix + name for name in names]
        for attribute in node.attribute:
            for body in (attribute.g, *attribute.graphs):
                give_own_names(body, prefix)
