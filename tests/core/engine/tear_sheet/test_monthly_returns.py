"""Monthly and yearly returns beside empyrical's, and by hand."""

import empyrical
import numpy as np
import pandas as pd
import pytest

from core.engine.tear_sheet.monthly_returns import monthly_returns


def returns_of(values, start):
    return pd.Series(values, index=pd.bdate_range(start, periods=len(values), tz="UTC"))


def test_months_and_years_are_those_of_empyrical():
    returns = returns_of(np.random.default_rng(1).normal(0.0, 0.02, 700), "2019-11-13")
    table = monthly_returns(returns)
    by_month = empyrical.aggregate_returns(returns, "monthly")
    for (year, month), expected in by_month.items():
        assert table.loc[year, month] == pytest.approx(expected, rel=1e-12)
    assert table["year"].to_numpy() == pytest.approx(empyrical.aggregate_returns(returns, "yearly").to_numpy())


def test_a_month_compounds_and_a_month_without_bars_is_empty():
    returns = returns_of([0.1, -0.5, 1.0], "2020-01-30")  # Thursday and Friday of January, Monday of February
    table = monthly_returns(returns)
    assert list(table.columns) == [*range(1, 13), "year"]
    assert table.loc[2020, 1] == pytest.approx(1.1 * 0.5 - 1.0)
    assert table.loc[2020, 2] == pytest.approx(1.0)
    assert table.loc[2020, "year"] == pytest.approx(0.1)
    assert table.loc[2020, list(range(3, 13))].isna().all()
