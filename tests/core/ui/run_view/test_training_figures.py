"""Charts of training: references beside scores, names as text."""

import pandas as pd
import pytest

from core.ui.colors import theme_colors
from core.ui.run_view.fold_scores import fold_figure, fold_metrics
from core.ui.run_view.fold_table import fold_columns, whole_rows
from core.ui.run_view.importances import importance_figure
from core.ui.run_view.reliability import reliability_figure
from core.ui.tables import table_height

COLORS = theme_colors("light")
FOLDS = pd.DataFrame(
    {
        "test_start": pd.date_range("2020-01-01", periods=2, tz="UTC"),
        "brier": [0.2, 0.3],
        "base_rate_brier": [0.25, 0.24],
        "auc": [None, None],
        "train_rows": [10, 20],
    }
)


def test_scores_that_no_fold_has_are_not_offered():
    assert fold_metrics(FOLDS) == ["brier"]


def test_the_reference_of_the_base_rate_stands_beside_the_score():
    model, reference = fold_figure(FOLDS, "brier", COLORS).data
    assert (list(model.y), model.line.color) == ([0.2, 0.3], COLORS.accent)
    assert (list(reference.y), reference.line.color, reference.name) == ([0.25, 0.24], COLORS.muted, "Base rate")
    of_values = FOLDS.assign(rmse=[0.2, 0.3], base_rmse=[0.25, 0.24])
    assert fold_figure(of_values, "rmse", COLORS).data[1].name == "Training mean"


def test_the_most_important_features_are_drawn_with_names_as_text():
    table = pd.DataFrame({"feature": ["<b>x</b>", *(f"f{n}" for n in range(40))], "importance": [99.0, *range(40)]})
    bars = importance_figure(table, COLORS).data[0]
    assert len(bars.y) == 25
    assert (bars.y[-1], bars.x[-1]) == ("&lt;b&gt;x&lt;/b&gt;", 99.0)


def test_reliability_bears_two_standard_errors_and_the_diagonal():
    table = pd.DataFrame({"probability": [0.3], "observed": [0.4], "n_rows": [50], "standard_error": [0.07]})
    diagonal, model = reliability_figure(table, COLORS).data
    assert list(diagonal.x) == list(diagonal.y) == [0, 1]
    assert list(model.error_y.array) == pytest.approx([0.14])


def test_small_importances_are_written_as_numbers():
    table = pd.DataFrame({"feature": ["x"], "importance": [0.0006]})
    assert importance_figure(table, COLORS).layout.xaxis.exponentformat == "none"


def test_counts_of_rows_are_whole_and_the_scores_stand_before_what_was_trained_on():
    folds = pd.DataFrame({"fold": [0], "effective_train_rows": [169.64], "rows": [756.0], "brier": [0.25]})
    assert whole_rows(folds)[["rows", "effective_train_rows"]].to_numpy().tolist() == [[756, 170]]
    assert fold_columns(folds) == ["fold", "rows", "brier", "effective_train_rows"]


def test_few_folds_leave_no_empty_rows_below_them():
    assert table_height(3, most_rows=12) == "content"
    assert table_height(40, most_rows=12) == 13 * 32 + 3
