"""What training came to: folds, importances, labels and how well probabilities were met, from what the run kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.services.run_files import open_run_files

if TYPE_CHECKING:
    import pandas as pd

    from core.services.workbench import Workbench

__all__ = ["TrainingReport", "read_training_report"]


@dataclass(frozen=True, eq=False)
class TrainingReport:
    """A training in frames to draw; None is what the run did not keep.

    Attributes
    ----------
    folds : DataFrame or None
        One row a fold: fold, test_start, test_end, rows and scores.
    importances : DataFrame or None
        feature and its importance by the model's own measure, largest first.
    labels : mapping or None
        Facts about the labels, by name.
    reliability : DataFrame or None
        As `reliability` returns it, of out-of-sample rows with two classes.
    curves : DataFrame or None
        What models reported while they learned: fold (-1: the model that was kept), metric, value, step.
    notes : mapping or None
        By name, what is to be said beside them: importances, learning_curve, shap_values; anybody's text.
    """

    folds: pd.DataFrame | None
    importances: pd.DataFrame | None
    labels: Mapping[str, object] | None
    reliability: pd.DataFrame | None
    curves: pd.DataFrame | None = None
    notes: Mapping[str, object] | None = None


def read_training_report(workbench: Workbench, named: str) -> TrainingReport | None:
    """Return what a run trained; None of one that has trained nothing, or not yet.

    Raises
    ------
    RunError
        If there is no such run.
    StoreError
        If its files cannot be read.
    """
    files = open_run_files(workbench, named)
    report = TrainingReport(
        folds=files.table("fold_scores"),
        importances=files.table("feature_importances"),
        labels=files.record("labels"),
        reliability=_reliability(files.table("predictions")),
        curves=files.table("learning_curves"),
        notes=files.record("model_notes"),
    )
    kept = (report.folds, report.importances, report.labels, report.reliability)
    return None if all(part is None for part in kept) else report


def _reliability(predictions: pd.DataFrame | None) -> pd.DataFrame | None:
    from core.engine.tear_sheet.reliability import reliability

    if predictions is None or not {"probability_0", "probability_1", "target"} <= set(predictions.columns):
        return None
    if "probability_2" in predictions:
        return None
    table = reliability(predictions["probability_1"].to_numpy(), predictions["target"].to_numpy())
    return None if table.empty else table
