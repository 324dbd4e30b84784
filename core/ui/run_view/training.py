"""What training came to: scores by fold, reliability, importances, facts about the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.ui.charts import show_figure
from core.ui.colors import shown_colors
from core.ui.figures import figure_label, shown_figure
from core.ui.plain_text import quiet
from core.ui.run_view.fold_scores import fold_figure, fold_metrics
from core.ui.run_view.fold_table import draw_fold_table
from core.ui.run_view.importances import importance_figure
from core.ui.run_view.learning_curves import draw_learning_curves
from core.ui.run_view.reliability import reliability_figure
from core.ui.tables import reading_table, right_text
from core.ui.tear_sheet.section import Section
from core.ui.tear_sheet.section_panel import panel_heading, section_panel

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from core.services.training_report import TrainingReport

__all__ = ["training_view"]


def training_view(report: TrainingReport, *, run_id: str) -> None:
    """Draw what the run kept of its training."""
    if report.folds is not None and not report.folds.empty:
        _draw_folds(report.folds, run_id)
    colors = shown_colors()
    sections = []
    if report.reliability is not None:
        words = "Out of sample, in bins of about as many rows: what was predicted, and how often it came true."
        figure = reliability_figure(report.reliability, colors)
        sections.append(Section("reliability", "Reliability", words, figure, report.reliability, is_narrow=True))
    if report.importances is not None and not report.importances.empty:
        words = "Of the model that was kept; it says what the model uses, and nothing about what happens out of sample."
        figure = importance_figure(report.importances, colors)
        sections.append(Section("importances", "Features", words, figure, report.importances, is_narrow=True))
    notes = {name: str(sentence) for name, sentence in (report.notes or {}).items()}
    for place, section in zip(st.columns(len(sections), gap="large") if sections else [], sections, strict=True):
        with place:
            section_panel(section, run_id=run_id)
            if section.name == "importances" and notes.get("importances"):
                quiet(notes["importances"], "importance-measure")
    draw_learning_curves(report.curves, notes.get("learning_curve", ""), run_id=run_id)
    if report.labels:
        _draw_labels(report.labels)


def _draw_folds(folds: pd.DataFrame, run_id: str) -> None:
    panel_heading("Scores by fold", folds, name="folds", run_id=run_id)
    metrics = fold_metrics(folds)
    if metrics:
        metric = st.segmented_control(
            "Score",
            metrics,
            default=metrics[0],
            format_func=figure_label,
            key="score",
            required=True,
            label_visibility="collapsed",
        )
        quiet(
            "Out of sample, each fold on its own test block; the dotted line knows only what it is named after.",
            "fold-words",
        )
        figure = fold_figure(folds, str(metric), shown_colors())
        show_figure(figure, key=f"folds-{run_id}", file_name=f"{run_id[:8]}-folds", alt="Scores by fold")
    draw_fold_table(folds)


def _draw_labels(labels: Mapping[str, object]) -> None:
    import pandas as pd

    st.subheader("Labels", anchor=False)
    numbers = {name: value for name, value in labels.items() if isinstance(value, (int, float))}
    rows = pd.DataFrame(
        {
            "fact": [figure_label(name) for name in numbers],
            "value": [shown_figure(_counted(name), float(value)) for name, value in numbers.items()],
        }
    )
    reading_table(rows, columns={"fact": "Fact", "value": right_text("Value")}, name="Labels")


def _counted(name: str) -> str:
    """Return the name by which `shown_figure` knows the unit of a fact about labels."""
    return f"n_{name}" if name == "breaches" or name.endswith("rows") or "sample_size" in name else name
