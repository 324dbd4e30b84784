"""The windows of bars that the graphs of joined models read together.

1. The joined windows have as many bars as the longest; all members that read any find their histories alike.
2. A shorter window is the end of a longer one: before a history's first bar both repeat that bar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import ExportError
from core.engine.onnx_graphs.network_windows import LONGEST_GAP_KEY, SEQUENCE_BARS_KEY
from core.engine.onnx_graphs.onnx_graph import FEATURES, HISTORY_BARS

if TYPE_CHECKING:
    from onnx import ModelProto

    from core.engine.onnx_graphs.onnx_graph import OnnxGraph

__all__ = ["JoinedWindows", "joined_windows"]


@dataclass(frozen=True)
class JoinedWindows:
    """What the joined input is.

    Attributes
    ----------
    sequence_bars : int or None
        Bars of a window; None where no model reads histories, and the input is rows.
    longest_gap_us : str
        As the models' metadata say it: the longest time between two bars that is no hole.
    """

    sequence_bars: int | None
    longest_gap_us: str = ""

    def metadata(self) -> dict[str, str]:
        """Return what a file must say of its windows; nothing of rows."""
        if self.sequence_bars is None:
            return {}
        return {SEQUENCE_BARS_KEY: str(self.sequence_bars), LONGEST_GAP_KEY: self.longest_gap_us}

    def part_for(self, graph: OnnxGraph, model: ModelProto) -> tuple[str, str | None]:
        """Add what a model reads of the joined input: its features, and how many bars of them count."""
        own_bars = _sequence_bars(model)
        if self.sequence_bars is None or own_bars == self.sequence_bars:
            return FEATURES, None if own_bars is None else HISTORY_BARS
        if own_bars is None:
            return graph.add("Gather", FEATURES, graph.constant(-1, np.int64), axis=1), None
        first, end = (graph.constant([bar], np.int64) for bar in (-own_bars, self.sequence_bars))
        shorter = graph.add("Slice", FEATURES, first, end, graph.constant([1], np.int64))
        return shorter, graph.add("Min", HISTORY_BARS, graph.constant(own_bars, np.int64))


def joined_windows(models: Mapping[str, ModelProto]) -> JoinedWindows:
    """Return the input that all of these models can be fed from.

    Parameters
    ----------
    models : mapping
        By their names: graphs of rows, or of windows as `onnx_of_network` writes them.

    Raises
    ------
    ExportError
        If a graph of windows does not say how they are made, or two make them in different ways.
    """
    gaps = {name: _said(model).get(LONGEST_GAP_KEY) for name, model in models.items() if _sequence_bars(model)}
    for name, gap in gaps.items():
        if gap is None or _said(models[name]).get(SEQUENCE_BARS_KEY) != str(_sequence_bars(models[name])):
            raise ExportError(f"ONNX: the member {name!r} reads windows of bars and does not say how they are made.")
    if len(set(gaps.values())) > 1:
        told = ", ".join(f"{name!r}: {gap} us" for name, gap in gaps.items())
        raise ExportError(
            f"ONNX: the members take different times between two bars for a hole ({told}), and one file reads windows "
            "of one kind. Leave one of them out, or choose bundle or native."
        )
    if not gaps:
        return JoinedWindows(None)
    return JoinedWindows(max(_sequence_bars(models[name]) or 0 for name in gaps), next(iter(gaps.values())) or "")


def _sequence_bars(model: ModelProto) -> int | None:
    shape = model.graph.input[0].type.tensor_type.shape.dim
    return int(shape[1].dim_value) if len(shape) == 3 else None


def _said(model: ModelProto) -> dict[str, str]:
    return {entry.key: entry.value for entry in model.metadata_props}
