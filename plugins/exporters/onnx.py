"""ONNX: one file that any runtime of that format computes, preprocessing and calibration included."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import qlop
from pydantic import Field

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from qlop.engine import FittedModel, OnnxSession

# Of a column's largest prediction. What is summed in float32 depends on the order of the sums.
IN_FLOAT32, IN_FLOAT64 = 1e-5, 1e-8
# An isotonic map may rise so steeply that a score's last digit shows; more than this is no matter of digits.
MOST_TOLERANCE = 1e-3
LAST_DIGIT = 2.0**-23


class Onnx(qlop.ExporterPlugin):
    """ONNX: preprocessing, model and calibration as one graph, for onnxruntime and other runtimes.

    The input `features` is a matrix, NaN where a value is missing; each column of the predictions is an output of its
    own name. A model that reads earlier rows takes windows of bars, and how many of them count as `history_bars`. The
    metadata name the features in order, the classes, the opset, QLOP's version and the SHA-256 of the model's card. The
    file is read back by onnxruntime and compared with the original on more than 10,000 rows.
    """

    name = "onnx"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    file_suffix = ".onnx"
    loading = (
        "onnxruntime.InferenceSession(file).run(None, {'features': matrix}); the matrix has the features in the order "
        "of the metadata's qlop.feature_columns, and the outputs are the columns of the predictions; docs/exports.md "
        "says how windows are made, for models that read them"
    )

    class Params(qlop.Params):
        """Parameters of `onnx`."""

        opset: int = Field(
            default=18,
            ge=15,
            le=21,
            description="Version of ONNX's operators: higher ones need a newer runtime. ai.onnx.ml has 3.",
        )

    params: Params

    def check_model(self, model: qlop.ModelPlugin) -> None:
        """Refuse models that give no ONNX graph, and ensembles with such a member. See the contract."""
        if type(model).to_onnx is qlop.ModelPlugin.to_onnx:
            raise qlop.ExportError("its plugin writes no ONNX graph. Choose bundle or native.")
        for name, part in model.untrained_parts():
            _check_part(name, part)

    def export(self, artifact: qlop.ModelArtifact, path: Path) -> qlop.ExportResult:
        """Write `path`, read it back by onnxruntime, compare its predictions. See the contract."""
        from qlop.engine import fitted_model_of, onnx_of_model

        if path.exists():
            raise qlop.ExportError(f"{path} exists already; name another file or remove it first.")
        fitted = fitted_model_of(artifact)
        content = onnx_of_model(fitted, artifact.folder, self.params.opset)
        unverified = path.with_name(f".{path.name}.unverified")
        try:
            unverified.write_bytes(content)
            result = _verified(artifact, fitted, unverified, self.params.opset)
            unverified.replace(path)
        except OSError as error:
            raise qlop.ExportError(f"{path} cannot be written: {error}") from error
        finally:
            unverified.unlink(missing_ok=True)
        return replace(result, path=path)


def _check_part(name: str, part: qlop.ModelPlugin) -> None:
    """Refuse a model of which no graph can be made that joins others."""
    for inner, found in part.untrained_parts():
        _check_part(f"{name}/{inner}", found)
    if type(part).to_onnx is qlop.ModelPlugin.to_onnx:
        raise qlop.ExportError(
            f"its member {name!r} is a model {type(part).name!r}, whose plugin writes no ONNX graph. Leave it out of "
            "the ensemble, or choose bundle or native."
        )


def _verified(artifact: qlop.ModelArtifact, fitted: FittedModel, path: Path, opset: int) -> qlop.ExportResult:
    """Read the file at `path` and compare what it predicts."""
    from qlop.engine import OnnxSession, compare_copy, onnx_of_model

    def uncalibrated(features: pd.DataFrame) -> pd.DataFrame:
        # A file for this comparison alone: the model's own graph is made in it by the same code.
        return _predicted(OnnxSession(onnx_of_model(fitted.uncalibrated(), artifact.folder, opset)), features)

    try:
        session = OnnxSession(path.read_bytes())
        tolerance = _tolerance(session, fitted)
        compared = compare_copy(
            artifact, lambda features: _predicted(session, features), tolerance, uncalibrated=uncalibrated
        )
    except qlop.DataError as error:
        raise qlop.ExportError(f"The exported model cannot be read back: {error}") from error
    return qlop.ExportResult(
        path,
        compared.n_rows,
        compared.largest_difference,
        tolerance,
        largest_uncalibrated_difference=compared.largest_uncalibrated_difference,
    )


def _tolerance(session: OnnxSession, fitted: FittedModel) -> float:
    import numpy as np

    if session.inputs[0].type == "tensor(double)" and session.metadata.get("qlop.computed_in") != "float32":
        return IN_FLOAT64
    maps = [np.diff(c.probabilities) / np.diff(c.scores) for c in fitted.calibrators if len(c.scores) > 1]
    steepest = float(np.concatenate(maps).max()) if maps else 0.0
    return min(MOST_TOLERANCE, max(IN_FLOAT32, LAST_DIGIT * steepest))


def _predicted(session: OnnxSession, features: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd
    from qlop.engine import answers_of_file

    return pd.DataFrame(answers_of_file(session, features), index=features.index)
