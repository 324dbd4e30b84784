"""Rank correlations, beside SciPy's."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from core.engine.rank_correlation import ALL_TICKERS, feature_correlations, target_correlations


@pytest.fixture
def features():
    """Three features of two tickers, with holes in different rows."""
    days = pd.date_range("2020-01-01", periods=60, tz="UTC", unit="us")
    index = pd.MultiIndex.from_product([days, ["AAA", "BBB"]], names=["timestamp", "ticker"])
    values = np.random.default_rng(4).normal(size=(120, 3))
    values[:, 1] += values[:, 0]
    values[:10, 0] = np.nan
    values[100:, 1] = np.nan
    return pd.DataFrame(values, index=index, columns=["a", "b", "c"])


def test_each_pair_uses_the_rows_that_both_have_and_says_how_many(features):
    table = feature_correlations(features).set_index(["feature", "other"])
    both = features[["a", "b"]].dropna()
    assert table.loc[("a", "b"), "n_rows"] == len(both) == 90
    assert table.loc[("a", "b"), "correlation"] == pytest.approx(spearmanr(both["a"], both["b"]).statistic)
    assert table.loc[("a", "a"), "n_rows"] == 110
    assert len(table) == 9


def test_ranks_are_what_counts(features):
    bent = features.assign(c=np.exp(3.0 * features["a"]))
    table = feature_correlations(bent).set_index(["feature", "other"])
    assert table.loc[("a", "c"), "correlation"] == pytest.approx(1.0)


def test_a_feature_that_never_changes_has_no_correlation(features):
    table = feature_correlations(features.assign(c=1.0)).set_index(["feature", "other"])
    assert np.isnan(table.loc[("a", "c"), "correlation"])


def test_the_target_is_compared_over_all_tickers_and_for_each(features):
    target = (features["a"].fillna(0.0) + np.random.default_rng(5).normal(size=120)).rename("target")
    target.iloc[50:60] = np.nan
    table = target_correlations(features, target).set_index(["feature", "ticker"])
    assert list(table.index.get_level_values("ticker").unique()) == [ALL_TICKERS, "AAA", "BBB"]
    pair = pd.concat([features["a"], target], axis=1).dropna()
    assert table.loc[("a", ALL_TICKERS), "n_rows"] == len(pair)
    assert table.loc[("a", ALL_TICKERS), "correlation"] == pytest.approx(spearmanr(pair["a"], pair["target"]).statistic)
    own = pair[pair.index.get_level_values("ticker") == "BBB"]
    assert table.loc[("a", "BBB"), "correlation"] == pytest.approx(spearmanr(own["a"], own["target"]).statistic)


def test_a_target_of_one_class_has_no_correlation(features):
    table = target_correlations(features, pd.Series(1.0, index=features.index))
    assert table["correlation"].isna().all()
