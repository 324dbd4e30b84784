"""The windows of bars that the graphs of joined models read together.

1. The joined windows have as many bars as the longest; all models that read any find their histories alike.
2. A shorter window is the end of a longer one: before a history's first bar both repeat that bar.
3. A final model that reads histories needs the members' answers of its last bars, and these the bars before them: the
   joined windows are longer by one bar less than its own. Each of its bars is a row of the members' then, with the
   history that a history as long leaves it; what they answer before a history's first bar has no part.
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
    answered_bars : int or None
        Bars of each window that members answer, the window's last ones, for a final model that reads as many; None
        where they answer the row alone.
    """

    sequence_bars: int | None
    longest_gap_us: str = ""
    answered_bars: int | None = None

    def metadata(self) -> dict[str, str]:
        """Return what a file must say of its windows; nothing of rows."""
        if self.sequence_bars is None:
            return {}
        return {SEQUENCE_BARS_KEY: str(self.sequence_bars), LONGEST_GAP_KEY: self.longest_gap_us}

    def part_for(self, graph: OnnxGraph, model: ModelProto) -> tuple[str, str | None]:
        """Add what a member reads of the joined input: its features, and how many bars of them count."""
        own_bars = _sequence_bars(model)
        if self.answered_bars is not None:
            return self._bar_by_bar(graph, self.answered_bars, own_bars, _n_features(model))
        if self.sequence_bars is None or own_bars == self.sequence_bars:
            return FEATURES, None if own_bars is None else HISTORY_BARS
        if own_bars is None:
            return graph.add("Gather", FEATURES, graph.constant(-1, np.int64), axis=1), None
        first, end = (graph.constant([bar], np.int64) for bar in (-own_bars, self.sequence_bars))
        shorter = graph.add("Slice", FEATURES, first, end, graph.constant([1], np.int64))
        return shorter, graph.add("Min", HISTORY_BARS, graph.constant(own_bars, np.int64))

    def answers_for_final(self, graph: OnnxGraph, answers: str, final: ModelProto) -> tuple[str, str | None]:
        """Add what the final model reads of the members' answers, and how many bars of them count."""
        if self.answered_bars is None:
            return answers, None
        shape = graph.constant([-1, self.answered_bars, _n_features(final)], np.int64)
        counts = graph.add("Min", HISTORY_BARS, graph.constant(self.answered_bars, np.int64))
        return graph.add("Reshape", answers, shape), counts

    def _bar_by_bar(
        self, graph: OnnxGraph, n_answered: int, own_bars: int | None, n_features: int
    ) -> tuple[str, str | None]:
        """Add the bars that are answered as rows, one window's after the other's; windows where a member reads them."""
        first = (self.sequence_bars or 0) - n_answered - (own_bars or 1) + 1
        bars = first + np.arange(n_answered)[:, None] + np.arange(own_bars or 1)
        taken = graph.add("Gather", FEATURES, graph.constant(bars, np.int64), axis=1)
        of_one = [n_features] if own_bars is None else [own_bars, n_features]
        rows = graph.add("Reshape", taken, graph.constant([-1, *of_one], np.int64))
        if own_bars is None:
            return rows, None
        later = graph.constant(np.arange(n_answered)[None, ::-1], np.int64)
        left = graph.add("Sub", graph.add("Unsqueeze", HISTORY_BARS, graph.constant([1], np.int64)), later)
        counts = graph.add("Clip", left, graph.constant(1, np.int64), graph.constant(own_bars, np.int64))
        return rows, graph.add("Reshape", counts, graph.constant([-1], np.int64))


def joined_windows(members: Mapping[str, ModelProto], final: ModelProto | None = None) -> JoinedWindows:
    """Return the input that all of these models can be fed from.

    Parameters
    ----------
    members : mapping
        By their names: graphs of rows, or of windows as `onnx_of_network` writes them.
    final : ModelProto, optional
        The graph of the model that reads the members' answers: rows of them, or windows.

    Raises
    ------
    ExportError
        If a graph of windows does not say how they are made, or two make them in different ways.
    """
    models = dict(members) if final is None else {**members, "final_model": final}
    gaps = {name: _said(model).get(LONGEST_GAP_KEY) for name, model in models.items() if _sequence_bars(model)}
    for name, gap in gaps.items():
        if gap is None or _said(models[name]).get(SEQUENCE_BARS_KEY) != str(_sequence_bars(models[name])):
            raise ExportError(f"ONNX: the member {name!r} reads windows of bars and does not say how they are made.")
    if len(set(gaps.values())) > 1:
        told = ", ".join(f"{name!r}: {gap} us" for name, gap in gaps.items())
        raise ExportError(
            f"ONNX: the members take different times between two bars for a hole ({told}), and one file reads windows "
            "of one kind. Give them all the same longest_gap_days and train again, or choose bundle or native."
        )
    if not gaps:
        return JoinedWindows(None)
    longest = max(_sequence_bars(model) or 1 for model in members.values())
    answered = None if final is None else _sequence_bars(final)
    return JoinedWindows(longest + (answered or 1) - 1, next(iter(gaps.values())) or "", answered)


def _n_features(model: ModelProto) -> int:
    return int(model.graph.input[0].type.tensor_type.shape.dim[-1].dim_value)


def _sequence_bars(model: ModelProto) -> int | None:
    shape = model.graph.input[0].type.tensor_type.shape.dim
    return int(shape[1].dim_value) if len(shape) == 3 else None


def _said(model: ModelProto) -> dict[str, str]:
    return {entry.key: entry.value for entry in model.metadata_props}
