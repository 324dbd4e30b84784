"""Curves of what models reported while they learned: the kept model before its folds, a member at a time."""

import pandas as pd

from core.ui.colors import theme_colors
from core.ui.run_view.learning_curves import curve_groups, learning_curve_figure

COLORS = theme_colors("light")
CURVES = pd.DataFrame(
    [
        (0, "xgboost.train_loss", 0.7, 1),
        (0, "xgboost.train_loss", 0.6, 11),
        (-1, "xgboost.train_loss", 0.5, 11),
        (-1, "xgboost.train_loss", 0.8, 1),
        (-1, "xgboost.validation_loss", 0.9, 1),
        (-1, "<b>forest.out_of_bag_brier", 0.2, 40),
    ],
    columns=["fold", "metric", "value", "step"],
)


def test_members_are_told_apart_and_a_model_alone_is_nameless():
    assert curve_groups(CURVES) == ["xgboost", "<b>forest"]
    assert curve_groups(CURVES.assign(metric="validation_loss")) == [""]


def test_the_kept_model_is_thick_and_named_and_a_folds_line_is_thin():
    figure = learning_curve_figure(CURVES, "xgboost", COLORS)
    kept, fold, watched = figure.data
    assert (list(kept.x), list(kept.y)) == ([1, 11], [0.8, 0.5])
    assert (kept.name, kept.showlegend, fold.showlegend) == ("train loss", True, False)
    assert kept.line.width > fold.line.width
    assert watched.name == "validation loss"


def test_a_metrics_name_draws_nothing():
    figure = learning_curve_figure(CURVES.assign(metric="<img src=x>"), "", COLORS)
    assert figure.data[0].name == "&lt;img src=x&gt;"
