"""Exports of a trained model: those that were made, and the config that makes another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.services.lineage import sources_among
from core.services.run_names import find_run
from core.store.run_folder import RunFolder
from core.store.run_query import RunQuery
from core.store.run_store import RunStore

if TYPE_CHECKING:
    from datetime import datetime

    from core.services.workbench import Workbench

__all__ = ["ModelExport", "export_config", "exports_of"]

MODE = "export"

_LOOKED_AT = 2_000
_FIGURES = ("rows_compared", "largest_difference", "tolerance", "largest_uncalibrated_difference")


@dataclass(frozen=True)
class ModelExport:
    """One export, under way or ended.

    Attributes
    ----------
    run_id, state, exporter : str
        Its run, where that stands, and the exporter's name.
    error : str
        Why it failed; else empty.
    rows_compared, largest_difference, tolerance : float or None
        How the file was verified; None before it was.
    largest_uncalibrated_difference : float or None
        The same before the calibration, where that hides the model's scores; None where it does not.
    ended_at : datetime or None
        UTC; None before its end.
    """

    run_id: str
    state: str
    exporter: str
    error: str
    rows_compared: float | None
    largest_difference: float | None
    tolerance: float | None
    ended_at: datetime | None = None
    largest_uncalibrated_difference: float | None = None

    @property
    def is_done(self) -> bool:
        """Whether the file is there and was verified."""
        return self.state == "completed"

    @property
    def has_failed(self) -> bool:
        """Whether it has ended without a file, and not because somebody cancelled it."""
        return self.state in {"failed", "crashed"}

    @property
    def verification(self) -> str:
        """How the file was verified, in a sentence; empty before it was."""
        if self.rows_compared is None:
            return ""
        if not self.rows_compared:
            return "Not read back, as was asked; nothing is known of how the file predicts."
        before = self.largest_uncalibrated_difference
        hidden = (
            "" if before is None else f" Before the calibration, which hides the model's scores, it is {before:.3g}."
        )
        return (
            f"Read back and compared on {self.rows_compared:,.0f} rows: the largest difference between its predictions "
            f"and the original's is {self.largest_difference:.3g}; up to {self.tolerance:.3g} is allowed.{hidden}"
        )


def export_config(model_run: str, exporter: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config of a run that exports the model of `model_run`."""
    return {
        "mode": MODE,
        "export": {"model_run": model_run, "exporter_type": exporter, "exporter_params": dict(params)},
    }


def exports_of(workbench: Workbench, model_run: str) -> list[ModelExport]:
    """Return the exports of a run's model among the newest 2,000 of the home, newest first.

    Raises
    ------
    RunIdError
        If there is no such run.
    """
    run_id = find_run(workbench, model_run)
    with RunStore(workbench.home) as store:
        found = store.find(RunQuery(modes=(MODE,), home_id=workbench.home.home_id, limit=_LOOKED_AT))
    exports = []
    for record in found:
        folder = RunFolder(workbench.home.run_path(record.run_id), record.run_id)
        # A look at its bytes tells most of them apart.
        section = folder.config().get("export") if sources_among(folder, {run_id}) else None
        if not isinstance(section, Mapping) or section.get("model_run") != run_id:
            continue
        rows, largest, tolerance, before = (_number(record.metrics.get(name)) for name in _FIGURES)
        exporter, state = str(section.get("exporter_type", "")), record.state.value
        at = record.finished_at
        exports.append(ModelExport(record.run_id, state, exporter, record.error, rows, largest, tolerance, at, before))
    return exports


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
