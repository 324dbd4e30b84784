"""The summary of an export: the file, and the proof that it predicts as the original."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.engine.fitted_model import predict_raw
from core.engine.hidden_scores import are_alike
from core.engine.text_layout import labelled

if TYPE_CHECKING:
    from core.contracts.exporter import ExportResult, ModelArtifact

__all__ = ["told_of_alike_rows", "write_export_summary"]


def write_export_summary(
    title: str,
    result: ExportResult,
    *,
    model: str,
    model_run: str,
    file: str,
    size_bytes: int,
    loading: str,
    alike: str = "",
) -> str:
    """Return the summary as text of at most 96 columns, ending with a line end.

    Parameters
    ----------
    title : str
        Of the run.
    result : ExportResult
        What the exporter compared.
    model, model_run : str
        The model's name, and the run that trained it.
    file : str
        The file's path inside the run's folder.
    size_bytes : int
        Of the file.
    loading : str
        How a person loads it; empty leaves the line out.
    alike : str
        What `told_of_alike_rows` says; empty leaves the line out.
    """
    lines = [title, "=" * len(title), ""]
    lines += labelled("Model", f"{model} of run {model_run}")
    lines += labelled("File", f"{file}, {size_bytes:,} bytes")
    lines += labelled("Read back", _verification(result))
    lines += labelled("All alike", alike) if alike else []
    lines += labelled("Remark", result.remark) if result.remark else []
    lines += labelled("To load it", loading) if loading else []
    return "\n".join(lines) + "\n"


def told_of_alike_rows(artifact: ModelArtifact, result: ExportResult) -> str:
    """Return what a comparison is worth where all rows are predicted alike; empty where they are not, or none was made.

    Parameters
    ----------
    artifact : ModelArtifact
        The model; its example rows speak for all.
    result : ExportResult
        What its exporter compared.
    """
    if not result.rows_compared or not are_alike(artifact.expected_predictions):
        return ""
    alike, before = "all rows are predicted alike", result.largest_uncalibrated_difference
    if before is not None and not are_alike(predict_raw(artifact.model, artifact.example_features)):
        return f"{alike}; before the calibration, where they differ, the largest difference is {before:g}"
    return f"{alike}, so that the comparison shows nothing of the model in the file"


def _verification(result: ExportResult) -> str:
    if not result.rows_compared:
        return "no; nothing is known of how the file predicts"
    difference = f"{result.largest_difference:g}; up to {result.tolerance:g} is allowed"
    return f"{result.rows_compared:,} rows predicted again, largest difference {difference}"
