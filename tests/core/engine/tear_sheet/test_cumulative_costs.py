"""Running costs, by hand."""

import pandas as pd

from core.engine.tear_sheet.cumulative_costs import cumulative_costs


def costs(**kinds):
    names = ("fees", "slippage", "debit_interest", "credit_interest", "borrow_fee", "dividends", "liquidation_fee")
    days = pd.date_range("2020-01-01", periods=3, tz="UTC")
    return pd.DataFrame({"timestamp": days, **{name: kinds.get(name, [0.0, 0.0, 0.0]) for name in names}})


def test_what_is_paid_adds_up_and_what_was_received_is_below_zero():
    found = cumulative_costs(costs(fees=[-1.0, 0.0, -2.0], credit_interest=[0.0, 0.5, 0.5], dividends=[0.0, 3.0, 0.0]))
    assert list(found["fees"]) == [1.0, 1.0, 3.0]
    assert list(found["credit_interest"]) == [0.0, -0.5, -1.0]
    assert list(found["dividends"]) == [0.0, -3.0, -3.0]


def test_a_kind_that_never_came_is_left_out():
    assert list(cumulative_costs(costs(fees=[-1.0, 0.0, 0.0])).columns) == ["timestamp", "fees"]
    assert list(cumulative_costs(costs()).columns) == ["timestamp"]
