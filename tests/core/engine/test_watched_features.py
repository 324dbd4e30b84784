"""Which rows the first fold may train on; tests of mode train show what is told of them."""

import numpy as np
import pandas as pd
import pytest

from core.config.sections import SplitsConfig
from core.engine.watched_features import rows_trained_first


@pytest.fixture
def labels():
    timestamps = pd.bdate_range("2024-01-01", periods=4, tz="UTC").as_unit("us")
    index = pd.MultiIndex.from_product([timestamps, ["AAA", "BBB"]], names=["timestamp", "ticker"])
    return pd.DataFrame({"target": [np.nan, 1.0, 0.0, 1.0, 0.0, 1.0, np.nan, np.nan]}, index=index)


def test_walking_forward_they_are_the_labelled_rows_before_the_first_test_block(labels):
    rows = rows_trained_first(labels, SplitsConfig(train_bars=2))
    assert rows.tolist() == [False, True, True, True, False, False, False, False]


@pytest.mark.parametrize("splits", [SplitsConfig(train_bars=9), SplitsConfig(scheme="purged_k_fold")])
def test_else_they_are_all_labelled_rows(labels, splits):
    assert rows_trained_first(labels, splits).sum() == 5
