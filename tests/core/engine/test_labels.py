from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import qlop

from core.engine.labels import check_labels, label_report


def panel(n_bars: int = 4) -> pd.DataFrame:
    timestamps = pd.bdate_range("2024-01-01", periods=n_bars, tz="UTC").as_unit("us")
    index = pd.MultiIndex.from_product([timestamps, ["A", "B"]], names=["timestamp", "ticker"])
    return pd.DataFrame({"close": 1.0}, index=index)


def labels(**columns) -> pd.DataFrame:
    """Two bars ahead; the last two bars are not resolved."""
    index = panel().index
    own = index.get_level_values("timestamp").to_series(index=index)
    frame = pd.DataFrame(
        {
            "target": [1.0, 0.0, 1.0, 1.0, np.nan, np.nan, np.nan, np.nan],
            "label_end": own.groupby(level="ticker").shift(-2),
        },
        index=index,
    )
    return frame.assign(**columns)


def changed(column, row, value):
    frame = labels()
    frame.iloc[row, frame.columns.get_loc(column)] = value
    return frame


def test_labels_that_keep_the_contract_pass():
    check_labels(labels(payoff=0.1, breach=0.0), panel(), "classification")


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (labels().drop(columns="target"), r"lack the column 'target'; they have \['label_end'\]"),
        (labels().drop(columns="label_end"), "lack the column 'label_end'"),
        (labels().iloc[:-1], r"index \(7 rows\) is not the panel's \(8 rows\)"),
        (labels().astype({"target": "float32"}), "column 'target' has dtype float32; it must be float64"),
        (labels(payoff=1), "column 'payoff' has dtype int64; it must be float64"),
        (labels(label_end="2024-01-03"), "column 'label_end' has dtype str; it must hold timestamps in UTC"),
        (labels(target=np.nan), "None of the 8 rows has a label"),
        (changed("target", 1, np.inf), r"label of B at 2024-01-01 has an infinite target.* \(1 rows so\)"),
        (changed("label_end", 0, pd.NaT), "label of A at 2024-01-01 has a target but no label_end"),
        (
            changed("label_end", 2, pd.Timestamp("2024-01-01", tz="UTC")),
            "label of A at 2024-01-02 has a label_end before its own bar",
        ),
        (
            changed("label_end", 3, pd.Timestamp("2024-02-01", tz="UTC")),
            "label of B at 2024-01-02 has a label_end that is not a bar of the panel",
        ),
        (labels(payoff=np.nan), r"label of A at 2024-01-01 has a target but no payoff \(4 rows so\)"),
        (changed("target", 2, 0.5), "label of A at 2024-01-02 has a target that is neither 0 nor 1"),
    ],
)
def test_labels_that_break_the_contract_are_refused_by_row(broken, message):
    with pytest.raises(qlop.DataError, match=message):
        check_labels(broken, panel(), "classification")


def test_numbers_other_than_classes_are_fine_for_a_regression():
    check_labels(changed("target", 2, 0.5), panel(), "regression")
    check_labels(changed("target", 2, 0.5), panel())


def test_the_report_counts_by_hand():
    frame = labels(
        payoff=[0.1, -0.1, 0.2, 0.2] + [np.nan] * 4,
        breach=[0.0, 1.0, 0.0, 0.0] + [np.nan] * 4,
        position_return=[0.02, 0.01, 0.03, -0.01] + [np.nan] * 4,
    )
    report = label_report(frame, panel())
    assert (report["rows"], report["labelled_rows"], report["unresolved_rows"]) == (8, 4, 4)
    assert report["base_rate"] == 0.75
    assert report["share_equal_to_sign"] == 0.5
    assert (report["breaches"], report["breach_share"]) == (1, 0.25)
    assert report["payoff_mean"] == pytest.approx(0.1)
    # Each ticker's two labels live through bars 1-2 and 2-3: uniqueness (1 + 1/2) / 2 each. Pooled, every bar is
    # shared by twice as many.
    assert report["effective_sample_size"] == pytest.approx(3.0)
    assert report["effective_sample_size_pooled"] == pytest.approx(1.5)


def test_a_report_on_numbers_has_no_base_rate():
    report = label_report(changed("target", 2, 0.5), panel())
    assert report["base_rate"] is report["share_equal_to_sign"] is report["breaches"] is report["payoff_mean"] is None
    assert report["target_mean"] == pytest.approx(2.5 / 4)
