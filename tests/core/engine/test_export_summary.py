"""The summary of an export says how the file was verified, and what its users have to know."""

from __future__ import annotations

from pathlib import Path

from core.contracts.exporter import ExportResult
from core.engine.export_summary import write_export_summary


def summary(result: ExportResult) -> str:
    return write_export_summary(
        "A title", result, model="linear", model_run="run-1", file="model.x", size_bytes=1_234, loading=""
    )


def test_what_was_compared_stands_beside_what_is_allowed() -> None:
    text = summary(ExportResult(Path("model.x"), rows_compared=10_064, largest_difference=2e-7, tolerance=1e-5))
    assert "10,064 rows predicted again, largest difference 2e-07; up to 1e-05 is allowed" in text
    assert "Remark" not in text


def test_a_file_that_nobody_has_read_is_not_called_verified() -> None:
    text = summary(ExportResult(Path("model.x"), 0, 0.0, 1e-5, remark="uncalibrated"))
    assert "Read back       no; nothing is known of how the file predicts" in text
    assert "largest difference" not in text
    assert "Remark          uncalibrated" in text
