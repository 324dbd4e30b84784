"""The summary of an export: the file, and the proof that it predicts as the original."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.engine.text_layout import labelled

if TYPE_CHECKING:
    from core.contracts.exporter import ExportResult

__all__ = ["write_export_summary"]


def write_export_summary(
    title: str, result: ExportResult, *, model: str, model_run: str, file: str, size_bytes: int, loading: str
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
    """
    lines = [title, "=" * len(title), ""]
    lines += labelled("Model", f"{model} of run {model_run}")
    lines += labelled("File", f"{file}, {size_bytes:,} bytes")
    lines += labelled("Read back", _verification(result))
    lines += labelled("Remark", result.remark) if result.remark else []
    lines += labelled("To load it", loading) if loading else []
    return "\n".join(lines) + "\n"


def _verification(result: ExportResult) -> str:
    if not result.rows_compared:
        return "no; nothing is known of how the file predicts"
    difference = f"{result.largest_difference:g}; up to {result.tolerance:g} is allowed"
    return f"{result.rows_compared:,} rows predicted again, largest difference {difference}"
