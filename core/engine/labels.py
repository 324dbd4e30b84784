"""What a labels frame promises, and what is to be said about one before a model sees it.

1. `check_labels` holds a labeler to its contract.
2. `label_report` counts: how much is labelled, how often the target is one, and how much of it is only direction.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.engine.index_parts import is_part_in_order
from core.engine.panel_index import row_text
from core.engine.sample_weights import effective_sample_size

__all__ = ["check_labels", "kept_labels", "label_report"]


def check_labels(
    labels: pd.DataFrame, panel: pd.DataFrame, task: Literal["classification", "regression"] | None = None
) -> None:
    """Refuse labels that break the contract of labelers.

    Parameters
    ----------
    labels : DataFrame
        `target` (float64), `label_end` (UTC timestamps), optionally `payoff` and further columns.
    panel : DataFrame
        The panel that was labelled.
    task : str, optional
        With "classification", targets must be 0.0 and 1.0.

    Raises
    ------
    DataError
        If a column is missing or of another type, or the index is not the panel's.
        If a number is infinite, or no row is labelled.
        If a target has no `label_end`, or one that is not after its own bar's start or not a bar of the panel.
        If a payoff is missing where there is a target, or a class is neither 0 nor 1.
    """
    _check_form(labels, panel)
    has_target = labels["target"].notna().to_numpy()
    if not has_target.any():
        raise DataError(
            f"None of the {len(labels)} rows has a label. Ask for more bars than the label looks ahead, or a shorter "
            "horizon or volatility window."
        )
    for name in labels.select_dtypes("float64"):
        _refuse(labels, np.isinf(labels[name].to_numpy()), f"has an infinite {name}; it must be finite, or NaN")
    own = labels.index.get_level_values("timestamp")
    ends = labels["label_end"]
    _refuse(labels, has_target & ends.isna().to_numpy(), "has a target but no label_end; name the last bar it reads")
    _refuse(labels, has_target & (ends < own).to_numpy(), "has a label_end before its own bar")
    known = ends.isin(panel.index.unique(level="timestamp")).to_numpy()
    _refuse(labels, has_target & ~known, "has a label_end that is not a bar of the panel")
    if "payoff" in labels:
        _refuse(labels, has_target & labels["payoff"].isna().to_numpy(), "has a target but no payoff")
    if task == "classification":
        is_class = labels["target"].isin([0.0, 1.0]).to_numpy()
        _refuse(labels, has_target & ~is_class, "has a target that is neither 0 nor 1")


def label_report(labels: pd.DataFrame, panel: pd.DataFrame) -> dict[str, float | int | None]:
    """Return what is to be known about labels: all of them, before a model is trained, or the rows it was judged on.

    Parameters
    ----------
    labels : DataFrame
        As `check_labels` accepts, or some rows of it, such as `labels.loc[predictions.index]`: every figure is then of
        these rows alone, and overlaps are counted among them.
    panel : DataFrame
        The panel that was labelled, whole: its bars are the calendar.

    Returns
    -------
    dict of str to float, int or None
        rows, labelled_rows, unresolved_rows : counts.
        base_rate : mean of the target, where its classes are 0 and 1; None for other targets.
        target_mean : mean of the target.
        share_equal_to_sign : of the labelled rows with classes, the share whose target is 1 exactly where the
            position's return before costs (`position_return`) is above 0; None without. Near 1 says: it is direction.
        breaches, breach_share : rows on which the broker would have closed the position; None where not asked.
        payoff_mean : mean payoff; None without.
        effective_sample_size : sum of average uniqueness within tickers (an upper bound: tickers taken as independent).
        effective_sample_size_pooled : the same over all tickers (a lower bound: tickers taken as one).

    Raises
    ------
    DataError
        If a row is not one of the panel's, or is there twice.
    """
    _check_rows(labels, panel)
    labelled = labels[labels["target"].notna()]
    target = labelled["target"]
    has_classes = bool(target.isin([0.0, 1.0]).all()) and len(target) > 0
    timestamps = pd.DatetimeIndex(panel.index.unique(level="timestamp")).sort_values()
    return {
        "rows": len(labels),
        "labelled_rows": len(labelled),
        "unresolved_rows": len(labels) - len(labelled),
        "base_rate": float(target.mean()) if has_classes else None,
        "target_mean": _mean(labelled, "target"),
        "share_equal_to_sign": _share_equal_to_sign(labelled) if has_classes else None,
        "breaches": int(labelled["breach"].sum()) if "breach" in labelled else None,
        "breach_share": _mean(labelled, "breach"),
        "payoff_mean": _mean(labelled, "payoff"),
        "effective_sample_size": effective_sample_size(labels, timestamps),
        "effective_sample_size_pooled": effective_sample_size(labels, timestamps, pooled=True),
    }


def kept_labels(labels: pd.DataFrame) -> pd.DataFrame:
    """Return what training and `label_report` read of labels, in less memory: the report says the same of them.

    Parameters
    ----------
    labels : DataFrame
        As `check_labels` accepts.

    Returns
    -------
    DataFrame
        target, label_end and payoff as they are; position_return as whether it is above 0, and breach as whether it
        is 1 where it is nothing but 0 and 1 on labelled rows.
    """
    kept = {name: labels[name] for name in ("target", "label_end", "payoff") if name in labels}
    if "position_return" in labels:
        kept["position_return"] = labels["position_return"] > 0.0
    if "breach" in labels:
        breach = labels["breach"]
        is_plain = breach.isin([0.0, 1.0]) | labels["target"].isna()
        kept["breach"] = breach == 1.0 if is_plain.all() else breach
    return pd.DataFrame(kept, copy=False)


def _check_form(labels: pd.DataFrame, panel: pd.DataFrame) -> None:
    for column in ("target", "label_end"):
        if column not in labels:
            raise DataError(f"The labels lack the column {column!r}; they have {list(labels.columns)}.")
    if not labels.index.equals(panel.index):
        raise DataError(
            f"The labels' index ({len(labels)} rows) is not the panel's ({len(panel)} rows); a labeler keeps every row "
            "and its place, with NaN where a label is not resolved."
        )
    for column in ("target", "payoff"):
        if column in labels and labels[column].dtype != np.float64:
            raise DataError(f"The labels' column {column!r} has dtype {labels[column].dtype}; it must be float64.")
    if not isinstance(labels["label_end"].dtype, pd.DatetimeTZDtype):
        raise DataError(
            f"The labels' column 'label_end' has dtype {labels['label_end'].dtype}; it must hold timestamps in UTC."
        )


def _check_rows(labels: pd.DataFrame, panel: pd.DataFrame) -> None:
    if not labels.index.equals(panel.index) and not is_part_in_order(labels.index, panel.index):
        _refuse(labels, ~labels.index.isin(panel.index), "is reported on a panel without that row")
        _refuse(labels, labels.index.duplicated(), "is there more than once; report each row once")


def _refuse(labels: pd.DataFrame, is_bad: np.ndarray, complaint: str) -> None:
    if is_bad.any():
        row = int(np.argmax(is_bad))
        raise DataError(f"The label of {row_text(labels, row)} {complaint} ({int(is_bad.sum())} rows so).")


def _mean(labelled: pd.DataFrame, column: str) -> float | None:
    return float(labelled[column].mean()) if column in labelled and len(labelled) else None


def _share_equal_to_sign(labelled: pd.DataFrame) -> float | None:
    if "position_return" not in labelled:
        return None
    return float(((labelled["position_return"] > 0.0) == (labelled["target"] == 1.0)).mean())
