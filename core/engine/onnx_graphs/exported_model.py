"""A fitted model as a whole ONNX file: the model's own graph, its calibration, and what a reader has to know.

1. The model gives its graph; the maps and the columns of the predictions are added behind it.
2. Each column of the predictions is an output of that name, double, of shape (rows,).
3. The file's metadata name the features in order, the classes, the opset, QLOP's version, the model card's SHA-256, and
   the last bar that the model learned from, here or before it came here; nothing, where either is not known.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from core.base.errors import ExportError
from core.base.version import __version__
from core.engine.learned_elsewhere import learned_with
from core.engine.learned_span import LearnedSpan
from core.engine.model_card import CARD_FILE
from core.engine.onnx_graphs.calibration_nodes import add_prediction_columns
from core.engine.onnx_graphs.onnx_graph import FEATURES, HISTORY_BARS, SCORES, OnnxGraph

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.engine.fitted_model import FittedModel

__all__ = ["LEARNED_UNTIL_KEY", "onnx_of_model"]

LEARNED_UNTIL_KEY = "qlop.learned_until"
"""The key of the metadata that say until which bar the model learned, in ISO 8601."""


def onnx_of_model(fitted: FittedModel, folder: Path, opset: int) -> bytes:
    """Return the ONNX file of a fitted model.

    Parameters
    ----------
    fitted : FittedModel
        The model and its calibration.
    folder : Path
        The model's folder; the hash of its card goes into the file.
    opset : int
        Of the operators, 15 to 21.

    Raises
    ------
    ExportError
        If the model has no ONNX form, or gives a graph of another form than its contract says.
    """
    model = fitted.model
    own = model.to_onnx(opset)
    if own is None:
        raise ExportError(
            f"Model {type(model).name!r} has no ONNX form (its plugin writes none). Export it with exporter_type: "
            "bundle or native."
        )
    graph = _own_graph(own, fitted)
    columns = add_prediction_columns(graph, fitted)
    return graph.finished({name: (value, (None,)) for name, value in columns.items()}, _metadata(fitted, folder, opset))


def _own_graph(own: bytes, fitted: FittedModel) -> OnnxGraph:
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_from_string(own)
        onnx.checker.check_model(model)
    except (DecodeError, onnx.checker.ValidationError) as error:
        raise ExportError(f"to_onnx of {type(fitted.model).name!r} gave no ONNX model: {error!s:.300}") from error
    found = [[value.name for value in values] for values in (model.graph.input, model.graph.output)]
    wanted = [FEATURES, HISTORY_BARS] if "earlier_rows" in fitted.model.capabilities else [FEATURES]
    if found != [wanted, [SCORES]]:
        raise ExportError(
            f"to_onnx of {type(fitted.model).name!r} gave a graph with the inputs {found[0]} and the outputs "
            f"{found[1]}; it must have the inputs {wanted} and the output {SCORES!r}."
        )
    return OnnxGraph(model)


def _metadata(fitted: FittedModel, folder: Path, opset: int) -> dict[str, str]:
    card = (folder / CARD_FILE).read_bytes()
    return {
        **_learned_until(json.loads(card).get("learned"), fitted),
        "qlop.version": __version__,
        "qlop.model_type": type(fitted.model).name,
        "qlop.model_version": fitted.model.version,
        "qlop.model_card_sha256": hashlib.sha256(card).hexdigest(),
        "qlop.task": fitted.task,
        "qlop.feature_columns": json.dumps(list(fitted.feature_columns), ensure_ascii=False),
        "qlop.classes": json.dumps(list(fitted.classes)),
        "qlop.calibration": json.dumps([calibrator.kind for calibrator in fitted.calibrators]),
        "qlop.takes_missing_values": json.dumps("missing_values" in fitted.model.capabilities),
        "qlop.opset": str(opset),
    }


def _learned_until(learned: Mapping[str, object] | None, fitted: FittedModel) -> dict[str, str]:
    """Return the entry for the last bar that the model learned from: none where a bar after it may have taught it."""
    span = None if learned is None else learned_with(LearnedSpan.from_json(learned), fitted.model)
    return {} if span is None or span.elsewhere == "unknown" else {LEARNED_UNTIL_KEY: span.until.isoformat()}
