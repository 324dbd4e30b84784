"""SHAP values have one form, and their sizes are counted by place, whatever the features are called."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.engine.shap_values import mean_absolute_shap, shap_frame

INDEX = pd.RangeIndex(2)


def test_two_classes_and_values_have_a_column_for_each_feature_and_the_base() -> None:
    frame = shap_frame(np.array([[[1.0, -2.0, 0.5]], [[3.0, 2.0, 0.5]]]), ("base", "b"), (0.0, 1.0), INDEX)
    assert list(frame.columns) == ["base", "b", "base"]
    assert mean_absolute_shap(frame, 2).tolist() == [2.0, 2.0]


def test_of_three_classes_the_sizes_are_added_up() -> None:
    values = np.arange(18, dtype=float).reshape(2, 3, 3) - 9.0
    frame = shap_frame(values, ("a", "b"), (-1.0, 0.0, 1.0), INDEX)
    assert frame.columns.names == ["class", "feature"]
    assert frame[(0.0, "b")].tolist() == [-5.0, 4.0]
    # By hand: |-9|, |0| of class -1, |-6|, |3| of 0, |-3|, |6| of 1 for a; means 4.5 each.
    assert mean_absolute_shap(frame, 2).tolist() == [13.5, 4.5 + 4.5 + 4.5]


def test_no_rows_have_the_columns_all_the_same() -> None:
    assert shap_frame(np.empty(0), ("a",), (0.0, 1.0, 2.0), INDEX[:0]).shape == (0, 6)
