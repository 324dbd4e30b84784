"""Ten-bar books, each worked out by hand in its table. Fees, rates and slippage are zero where a book does not name them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.config.sections import ExecutionConfig
from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms, MarginTerms
from core.engine.backtest import BacktestResult, run_backtest

N_BARS = 10
# Wednesday 2020-01-01 to Tuesday 2020-01-14: bars 2 and 7 are Fridays, three days before the next bar.
DAYS = pd.bdate_range("2020-01-01", periods=N_BARS, tz="UTC")

NO_FEES = FeeTerms()
REGULATION_T = MarginTerms()


def panel_of(rows: list[tuple[float, float, float, float]], **columns: dict[int, float]) -> pd.DataFrame:
    """One ticker; (open, high, low, close) of the first bars, then the last close again and again."""
    rows = rows + [(rows[-1][3],) * 4] * (N_BARS - len(rows))
    index = pd.MultiIndex.from_product([DAYS, ["AAA"]], names=["timestamp", "ticker"])
    panel = pd.DataFrame(rows, columns=["open", "high", "low", "close"], index=index, dtype=float)
    panel["volume"] = 1e6
    for name, values in columns.items():
        panel[name] = [values.get(bar, 1.0 if name == "split" else 0.0) for bar in range(N_BARS)]
    return panel


def book_of(
    panel: pd.DataFrame,
    signals: dict[int, float],
    *,
    fees: FeeTerms = NO_FEES,
    margin: MarginTerms = REGULATION_T,
    adjustment: str = "total_return",
    financing: dict[str, object] | None = None,
    rate: float = 0.0,
    **execution: object,
) -> BacktestResult:
    series = pd.Series([signals.get(bar, np.nan) for bar in range(N_BARS)], index=panel.index)
    terms = BrokerTerms(FinancingTerms(np.full(N_BARS, rate), **(financing or {})), fees, margin)
    config = ExecutionConfig(initial_cash=1000.0, close_at_end="off", **execution)
    return run_backtest(panel, series, terms, config, adjustment=adjustment)


def check_equity(result: BacktestResult, expected: list[float]) -> None:
    expected = expected + [expected[-1]] * (N_BARS - len(expected))
    np.testing.assert_allclose(result.equity["equity"], expected, rtol=1e-12)


def test_a_gap_through_the_liquidation_price_fills_at_the_open() -> None:
    """Long 2x, liquidated to flat, liquidation fee 50 bps.

    bar  open  low  close  what happens                                                shares  cash    equity at close
    0    100   100  100    signal 2                                                        0   1,000   1,000
    1    100    99  101    buys 2 x 1,000 / 100 = 20 at 100; trigger price                20  -1,000   2,020 - 1,000 = 1,020
                           P* = D / (q (1 - m)) = 1,000 / (20 x .75) = 66.67
    2    100    90   95    at the low E = 800 > .25 x 1,800                               20  -1,000   1,900 - 1,000 = 900
    3     60    55   70    open 60 < P*: E = 200 <= .25 x 1,200 = 300, sells 20 at 60,     0     194   194
                           fee .005 x 1,200 = 6: -1,000 + 1,200 - 6
    4-6                    the target has not changed: nothing is bought back              0     194   194
    6                      signal 1
    7     50    50   50    buys 194 / 50 = 3.88                                         3.88       0   194
    8     50    50   60                                                                 3.88       0   3.88 x 60 = 232.8
    """
    flat = (70.0,) * 4
    rows = [(100, 100, 100, 100), (100, 102, 99, 101), (100, 101, 90, 95), (60, 72, 55, 70), flat, flat, flat]
    rows += [(50, 50, 50, 50), (50, 60, 50, 60)]
    margin = MarginTerms(liquidate_to="flat", liquidation_fee_bps=50.0)
    result = book_of(panel_of(rows), {0: 2.0, 5: 2.0, 6: 1.0}, margin=margin)
    check_equity(result, [1000, 1020, 900, 194, 194, 194, 194, 194, 232.8])
    call = result.margin_calls.iloc[0]
    assert (call["kind"], call["theta"], len(result.margin_calls)) == ("gap", 0.0, 1)
    assert call[["equity_before", "gross_before", "required_before", "sold_value", "equity_after"]].tolist() == [
        200,
        1200,
        300,
        1200,
        194,
    ]
    assert result.fills["price"].tolist() == [100, 60, 50]
    trade = result.trades.iloc[0]
    assert (trade["exit_reason"], trade["profit"], trade["bars_held"]) == ("liquidation", -806.0, 2)
    assert result.costs["liquidation_fee"].tolist() == [0, 0, 0, -6, 0, 0, 0, 0, 0, 0]


def test_a_partial_liquidation_sells_what_restores_the_initial_margin() -> None:
    """Long 2x, initial 50 %, maintenance 25 %, liquidation fee 100 bps, so phi = .01.

    bar  open  low  close  what happens
    1    100   100  100    buys 20 at 100; cash -1,000; P* = 1,000 / (20 x .75) = 200/3 = 66.67
    2     80    60   75    theta = (80 - 200/3) / (80 - 60) = 2/3; there G = 4,000/3, E = 4,000/3 - 1,000 = 1,000/3;
                           S = (k G - E) / (k - phi) = (2,000/3 - 1,000/3) / .49 = 1,000/1.47 = 680.272...;
                           shares sold S / P* = 15/1.47 = 10.204..., fee 10/1.47 = 6.8027...;
                           left: 20 - 15/1.47 = 9.7959... shares, cash -1,000 + 990/1.47 = -326.5306...;
                           E / G there = (1,000/3 - 10/1.47) / (4,000/3 - 1,000/1.47) = 326.53 / 653.06 = 1/2;
                           at the low of 60 E = 587.76 - 326.53 = 261.22 > .25 x 587.76: no second call;
                           close: 9.7959 x 75 - 326.5306 = 408.1632...
    3     75    75   90    9.7959 x 90 - 326.5306 = 555.1020...
    """
    rows = [(100,) * 4, (100,) * 4, (80, 82, 60, 75), (75, 90, 75, 90)]
    result = book_of(panel_of(rows), {0: 2.0}, margin=MarginTerms(liquidation_fee_bps=100.0))
    left, cash = 20 - 15 / 1.47, -1000 + 990 / 1.47
    check_equity(result, [1000, 1000, left * 75 + cash, left * 90 + cash])
    call = result.margin_calls.iloc[0]
    assert call["theta"] == pytest.approx(2 / 3, rel=1e-12)
    assert call["sold_value"] == pytest.approx(1000 / 1.47, rel=1e-12)
    assert call["equity_after"] == pytest.approx(0.5 * (4000 / 3 - 1000 / 1.47), rel=1e-12)
    assert call["shortfall"] == 0.0
    assert result.fills["price"].tolist() == pytest.approx([100, 200 / 3], rel=1e-12)
    assert result.trades.empty


def test_a_short_pays_dividends_and_borrow_fees() -> None:
    """Short 1x, raw prices, borrow fee 3.6 % a year on basis 360: .0001 a day on the marked short.

    bar  day  open  close  what happens                                                  cash       equity at close
    0    Wed  100   100    signal -1                                                     1,000      1,000
    1    Thu  100   100    sells 10 at 100                                               2,000      1,000
    2    Fri  100   102    fee 1 day x .0001 x 1,000 = .1                                1,999.9    979.9
    3    Mon   98    98    dividend 2 x 10 = 20; fee 3 days x .0001 x 1,020 = .306       1,979.594  999.594
    4    Tue   97    97    fee .0001 x 980 = .098                                        1,979.496  1,009.496
    5    Wed   48    48    split 2 for 1: 20 shares; fee .0001 x 970 = .097; signal 0    1,979.399  1,019.399
    6    Thu   47    50    fee .0001 x 960 = .096; buys back 20 at 47 = 940              1,039.303  1,039.303
    """
    rows = [(100,) * 4, (100,) * 4, (100, 102, 100, 102), (98,) * 4, (97,) * 4, (48,) * 4, (47, 50, 47, 50)]
    panel = panel_of(rows, dividend={3: 2.0}, split={5: 2.0})
    result = book_of(panel, {0: -1.0, 5: 0.0}, adjustment="raw", financing={"borrow_fee_annual": 0.036})
    check_equity(result, [1000, 1000, 979.9, 999.594, 1009.496, 1019.399, 1039.303])
    np.testing.assert_allclose(result.costs["borrow_fee"], [0, 0, -0.1, -0.306, -0.098, -0.097, -0.096, 0, 0, 0])
    assert result.costs["dividends"].tolist() == [0, 0, 0, -20, 0, 0, 0, 0, 0, 0]
    # Sold 20 of today's shares at 50, bought at 47, dividend 20 paid: 60 - 20.
    trade = result.trades.iloc[0]
    assert trade[["side", "shares", "entry_price", "exit_price", "profit"]].tolist() == ["short", 20, 50, 47, 40]


def test_a_debit_over_a_weekend_pays_three_days_at_the_rate_published_before() -> None:
    """Long 2x; base 6 % plus spread 1.2 % on basis 360 is .0002 a day; from bar 3 on the base is 2.4 %: .0001 a day.

    bar  day  close  interest on the debit at the end of the bar before            cash           equity
    1    Thu  100    buys 20 at 100                                               -1,000          1,000
    2    Fri  101    1 day x .0002 x 1,000 = .2                                   -1,000.2        1,019.8
    3    Mon  102    3 days x .0002 (Friday's rate) x 1,000.2 = .60012            -1,000.80012    1,039.19988
    4    Tue  102    1 day x .0001 x 1,000.80012 = .100080012                     -1,000.900200012  1,039.099799988
    5    Wed  102    .0001 x 1,000.900200012 = .1000900200012; signal 0           -1,001.0002900320012  1,038.9997099679988
    6    Thu  102    .0001 x 1,001.00029... = .10010002900...; sells 20 at 102    1,038.89960993...
    """
    rows = [(100,) * 4, (100,) * 4, (101,) * 4, (102,) * 4]
    panel = panel_of(rows)
    rate = np.array([0.06] * 3 + [0.024] * 7)
    terms = BrokerTerms(FinancingTerms(rate, debit_spread_annual=0.012))
    signals = pd.Series([2.0, *[np.nan] * 4, 0.0, *[np.nan] * 4], index=panel.index)
    result = run_backtest(panel, signals, terms, ExecutionConfig(initial_cash=1000.0))
    paid = 1001.0002900320012 * 0.0001
    check_equity(
        result, [1000, 1000, 1019.8, 1039.19988, 1039.099799988, 1038.9997099679988, 1038.9997099679988 - paid]
    )
    assert result.equity["debt"].iloc[3] == pytest.approx(1000.80012, rel=1e-12)
    assert result.costs["debit_interest"].iloc[3] == pytest.approx(-0.60012, rel=1e-12)


@pytest.mark.parametrize(
    ("reversal", "shares", "fees", "equity_at_reversal", "equity_after"),
    [
        # Closes 10 at 110: cash -10 + 1,100 - 11 = 1,079. Opens -1,079 / 110 shares, fee 10.79: E = 1,079 - 10.79.
        ("two_orders", [10.0, 10.0, 1079 / 110], [10.0, 11.0, 10.79], 1068.21, 1068.21 + 5 * 1079 / 110),
        # E = -10 + 1,100 = 1,090, wants -1,090 / 110 shares: one order for 2,190, fee 21.9: E = 1,090 - 21.9.
        ("one_order", [10.0, 2190 / 110], [10.0, 21.9], 1068.1, 1068.1 + 5 * 1090 / 110),
    ],
)
def test_a_reversal_is_two_orders_or_one(
    reversal: str, shares: list[float], fees: list[float], equity_at_reversal: float, equity_after: float
) -> None:
    """From +1 to -1, fee 1 %, orders sized without it.

    bar  open  close  what happens
    1    100   100    buys 10 at 100, fee 10: cash -10, E = 990
    2    100   105    E = 1,050 - 10 = 1,040; signal -1
    3    110   110    the reversal, by the parameters
    4    105   105    the short gains 5 a share
    """
    rows = [(100,) * 4, (100,) * 4, (100, 105, 100, 105), (110,) * 4, (105,) * 4]
    result = book_of(
        panel_of(rows), {0: 1.0, 2: -1.0}, fees=FeeTerms(fee_bps=100.0), reversal=reversal, size_includes_fee=False
    )
    check_equity(result, [1000, 990, 1040, equity_at_reversal, equity_after])
    assert result.fills["shares"].tolist() == pytest.approx(shares, rel=1e-12)
    assert result.fills["fee"].tolist() == pytest.approx(fees, rel=1e-12)
    # Either way one round trip has ended: bought 10 at 100, sold at 110, fees 10 and 11.
    trade = result.trades.iloc[0]
    assert trade[["side", "shares", "exit_reason"]].tolist() == ["long", 10.0, "signal"]
    assert trade["profit"] == pytest.approx(100 - 10 - 11, rel=1e-12)
