"""What looks odd in a panel without being wrong."""

import pandas as pd

from core.engine.adjustment import adjust_panel
from core.engine.panel_findings import adjustment_disagreements, unadjusted_splits
from core.engine.session_gaps import session_gaps


def panel_of(closes: dict[str, list[float | None]], **columns: list[float]) -> pd.DataFrame:
    """One bar a day; None is a day without a bar. Opens equal closes."""
    days = pd.date_range("2004-03-01", periods=len(next(iter(closes.values()))), freq="D", tz="UTC", unit="us")
    rows = [
        (day, ticker, close)
        for ticker, values in closes.items()
        for day, close in zip(days, values, strict=True)
        if close is not None
    ]
    panel = pd.DataFrame(rows, columns=["timestamp", "ticker", "close"]).set_index(["timestamp", "ticker"]).sort_index()
    close = panel["close"].astype("float64")
    return panel.assign(open=close, high=close, low=close, close=close, volume=1.0, **columns)


def test_a_session_that_a_ticker_lacks_between_its_first_and_last_bar_is_a_gap() -> None:
    gaps = session_gaps(panel_of({"AAA": [1, 2, 3, 4, 5], "BBB": [None, 2, None, 4, None]}))
    assert [(str(row.timestamp.date()), row.ticker) for row in gaps.itertuples()] == [("2004-03-03", "BBB")]


def test_a_full_panel_has_no_gaps() -> None:
    gaps = session_gaps(panel_of({"AAA": [1, 2], "BBB": [3, 4]}))
    assert gaps.empty
    assert list(gaps.columns) == ["timestamp", "ticker"]


def test_an_opening_at_half_the_close_before_looks_like_an_unadjusted_split() -> None:
    found = unadjusted_splits(panel_of({"AAA": [100, 101, 50.2, 51], "BBB": [10, 10, 10, 10]}))
    assert [(str(row.timestamp.date()), row.ticker, row.split) for row in found.itertuples()] == [
        ("2004-03-03", "AAA", 2.0)
    ]


def test_a_reverse_split_is_seen_too() -> None:
    assert unadjusted_splits(panel_of({"AAA": [10, 101]}))["split"].tolist() == [0.1]


def test_pounds_among_prices_in_pence_are_seen_where_they_begin_and_end() -> None:
    found = unadjusted_splits(panel_of({"AAA": [640.0, 609.6, 6.17, 5.87, 580.0, 590.0]}))
    assert [(str(row.timestamp.date()), row.split) for row in found.itertuples()] == [
        ("2004-03-03", 100.0),
        ("2004-03-05", 0.01),
    ]


def test_a_split_that_is_told_is_none_that_was_forgotten() -> None:
    told = panel_of({"AAA": [100, 101, 50.2, 51]}, split=[1.0, 1.0, 2.0, 1.0], dividend=[0.0] * 4)
    assert unadjusted_splits(told).empty
    assert unadjusted_splits(adjust_panel(told, "splits")).empty


def test_a_crash_of_another_size_is_no_split() -> None:
    assert unadjusted_splits(panel_of({"AAA": [100, 57, 58], "BBB": [100, 80, 79]})).empty


def test_an_adjusted_close_that_the_events_do_not_explain_is_named() -> None:
    panel = panel_of({"AAA": [100, 100, 50, 50]}, split=[1.0] * 4, dividend=[0.0] * 4, adjusted_close=[50, 50, 50, 50])
    found = adjustment_disagreements(panel.astype("float64"))
    assert found["adjusted_return"].tolist() == [0.0]
    assert found["event_return"].tolist() == [-0.5]


def test_without_events_or_an_adjusted_close_there_is_nothing_to_disagree() -> None:
    assert adjustment_disagreements(panel_of({"AAA": [1, 2]})).empty


def test_prices_in_adjusted_form_need_no_split_column_to_disagree() -> None:
    panel = panel_of({"AAA": [100, 100, 100]}, dividend=[0.0, 3.0, 0.0], adjusted_close=[97.0, 100.0, 100.0])
    panel.attrs["adjustment"] = "splits"
    assert adjustment_disagreements(panel).empty
    panel["adjusted_close"] = [50.0, 100.0, 100.0]
    assert [f"{time:%d}" for time in adjustment_disagreements(panel)["timestamp"]] == ["02"]


def test_dividends_beside_prices_that_hold_them_already_are_no_disagreement() -> None:
    panel = panel_of({"AAA": [100, 100]}, dividend=[0.0, 3.0], split=[1.0, 1.0], adjusted_close=[100.0, 100.0])
    panel.attrs["adjustment"] = "total_return"
    assert adjustment_disagreements(panel).empty
