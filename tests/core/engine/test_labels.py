from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import qlop

from core.engine.labels import check_labels, kept_labels, label_report


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


def test_a_report_on_some_rows_counts_these_alone():
    frame = labels(
        payoff=[0.1, -0.1, 0.2, 0.2] + [np.nan] * 4,
        breach=[0.0, 1.0, 0.0, 0.0] + [np.nan] * 4,
        position_return=[0.02, 0.01, 0.03, -0.01] + [np.nan] * 4,
    )
    later = label_report(frame.loc[frame.index[2:6]], panel())
    assert (later["rows"], later["labelled_rows"], later["unresolved_rows"]) == (4, 2, 2)
    assert (later["base_rate"], later["share_equal_to_sign"], later["breach_share"]) == (1.0, 0.5, 0.0)
    # One label of each ticker is left, and no other of its ticker shares a bar with it.
    assert later["effective_sample_size"] == pytest.approx(2.0)
    assert later["effective_sample_size_pooled"] == pytest.approx(1.0)
    # Rows in another order are the same rows.
    assert label_report(frame.iloc[[5, 3, 4, 2]], panel()) == later


def test_a_report_on_rows_apart_counts_no_overlap_between_them():
    index = panel(6).index
    ends = index.get_level_values("timestamp").to_series(index=index).groupby(level="ticker").shift(-2)
    frame = pd.DataFrame({"target": np.where(ends.isna(), np.nan, 1.0), "label_end": ends}, index=index)
    of_a = frame.xs("A", level="ticker", drop_level=False)
    # Labels of bars 0 and 2 live through 1-2 and 3-4.
    assert label_report(of_a.iloc[[0, 2]], panel(6))["effective_sample_size"] == pytest.approx(2.0)
    assert label_report(of_a.iloc[[0, 1]], panel(6))["effective_sample_size"] == pytest.approx(1.5)


def test_a_report_on_no_row_has_counts_and_no_means():
    report = label_report(labels(breach=0.0).iloc[:0], panel())
    assert (report["rows"], report["labelled_rows"], report["breaches"]) == (0, 0, 0)
    assert report["base_rate"] is report["breach_share"] is report["share_equal_to_sign"] is None
    assert report["effective_sample_size"] == 0.0


def test_a_report_refuses_rows_of_another_panel_and_rows_that_come_twice():
    frame = labels()
    of_a = panel().xs("A", level="ticker", drop_level=False)
    with pytest.raises(
        qlop.DataError, match=r"label of B at 2024-01-01 is reported on a panel without .* \(4 rows so\)"
    ):
        label_report(frame, of_a)
    with pytest.raises(qlop.DataError, match=r"label of A at 2024-01-01 is there more than once"):
        label_report(frame.iloc[[0, 1, 0]], panel())


@pytest.mark.parametrize("breach", [[1.0, 0.0, 0.0, 1.0], [0.25, 0.0, 0.0, 1.0]])
def test_labels_that_are_kept_in_less_memory_are_reported_alike(breach):
    told = {"position_return": [0.1, 0.0, -0.2, 0.3], "breach": breach, "payoff": [0.1, -0.2, 0.3, 0.4]}
    whole = labels(**{name: [*values, *[np.nan] * 4] for name, values in told.items()}, hurdle=0.5)
    kept = kept_labels(whole)
    assert label_report(kept, panel()) == label_report(whole, panel())
    assert label_report(kept.iloc[1:4], panel()) == label_report(whole.iloc[1:4], panel())
    assert kept.memory_usage(index=False).sum() < whole.memory_usage(index=False).sum()


def test_a_report_on_numbers_has_no_base_rate():
    report = label_report(changed("target", 2, 0.5), panel())
    assert report["base_rate"] is report["share_equal_to_sign"] is report["breaches"] is report["payoff_mean"] is None
    assert report["target_mean"] == pytest.approx(2.5 / 4)
