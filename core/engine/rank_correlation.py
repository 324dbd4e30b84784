"""Rank correlations of features with each other and with the target (Spearman, 1904).

Each pair is computed on the rows where both have a value, and says how many these are. Rows of several tickers and of
overlapping labels depend on each other: the number of rows is no number of independent observations.
"""

from __future__ import annotations

import pandas as pd

__all__ = ["ALL_TICKERS", "feature_correlations", "target_correlations"]

ALL_TICKERS = "all tickers"

_FEWEST_ROWS = 3


def feature_correlations(features: pd.DataFrame) -> pd.DataFrame:
    """Return the rank correlation of every two features, over all rows of all tickers.

    Parameters
    ----------
    features : DataFrame of shape (n_rows, n_features)
        As a feature pipeline returns it; NaN where not known.

    Returns
    -------
    DataFrame of shape (n_features ** 2, 4)
        feature, other, correlation and n_rows. The correlation is NaN where one of the two never changes, or fewer
        than three rows have both.
    """
    known = features.notna().to_numpy().astype("int64")
    counts = pd.DataFrame(known.T @ known, index=features.columns, columns=features.columns)
    ranked = features.corr(method="spearman", min_periods=_FEWEST_ROWS)
    pairs = pd.MultiIndex.from_product([ranked.index, ranked.columns], names=["feature", "other"])
    values = {"correlation": ranked.to_numpy().ravel(), "n_rows": counts.to_numpy().ravel()}
    return pd.DataFrame(values, index=pairs).reset_index()


def target_correlations(features: pd.DataFrame, target: pd.Series) -> pd.DataFrame:
    """Return the rank correlation of every feature with the target, over all tickers and for each.

    Parameters
    ----------
    features : DataFrame of shape (n_rows, n_features)
        Index (timestamp, ticker); NaN where not known.
    target : Series of shape (n_rows,)
        On the same index; NaN where a row has no label.

    Returns
    -------
    DataFrame of shape (n_features * (n_tickers + 1), 4)
        feature, ticker (`ALL_TICKERS` first), correlation and n_rows; NaN as in `feature_correlations`.
    """
    frames = [_with_target(features, target, ALL_TICKERS)]
    tickers = features.index.get_level_values("ticker")
    for ticker in tickers.unique():
        chosen = tickers == ticker
        frames.append(_with_target(features[chosen], target[chosen], str(ticker)))
    return pd.concat(frames, ignore_index=True)


def _with_target(features: pd.DataFrame, target: pd.Series, ticker: str) -> pd.DataFrame:
    rows = []
    for name in features.columns:
        pair = pd.DataFrame({"feature": features[name], "target": target}).dropna()
        changes = len(pair) >= _FEWEST_ROWS and (pair.nunique() > 1).all()
        value = pair["feature"].corr(pair["target"], method="spearman") if changes else float("nan")
        rows.append((str(name), ticker, value, len(pair)))
    return pd.DataFrame(rows, columns=["feature", "ticker", "correlation", "n_rows"])
