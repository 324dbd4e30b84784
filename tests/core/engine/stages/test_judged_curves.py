"""How the curves of a backtest are compared: to a ruin, over enough bars, and cash without a Sharpe ratio."""

import numpy as np
import pandas as pd
import pytest

from core.engine.backtest import BacktestResult
from core.engine.evidence import compare_strategies, sharpe_sample
from core.engine.metric_options import MetricOptions
from core.engine.metrics import compute_metrics
from core.engine.stages.backtesting import Backtested
from core.engine.stages.judged_curves import judge_curves

NOTHING = pd.DataFrame()
RNG = np.random.default_rng(4)
STEPS = RNG.normal(0.0005, 0.01, (200, 2))


def result(equity):
    dates = pd.bdate_range("2020-01-01", periods=len(equity), tz="UTC")
    curve = pd.DataFrame({"timestamp": dates, "equity": np.asarray(equity, dtype=float)})
    return BacktestResult(curve, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, None, 0.0, 100.0)


def judged(curves, *, fills=(), risk_free=None, benchmark=None):
    """What is judged of curves by name, `strategy` among them; `fills` are those without the default of one."""
    results = {name: result(equity) for name, equity in curves.items()}
    metrics = {name: {"n_fills": float(dict(fills).get(name, 1))} for name in results}
    held = None if benchmark is None else result(benchmark).equity
    backtested = Backtested(results, metrics, held, risk_free, frozenset(), 252.0)
    return judge_curves(backtested, "IDX", initial_cash=100.0, seed=1)


def grown(steps):
    return 100.0 * np.cumprod(1.0 + steps)


def test_the_sharpe_ratio_after_a_ruin_is_that_of_the_metrics():
    equity = np.concatenate((grown(STEPS[:80, 0]), np.full(120, -7.0)))
    curve = result(equity).equity
    figures = compute_metrics(curve, None, None, None, options=MetricOptions(initial_equity=100.0))
    found = judged({"strategy": equity, "always": grown(STEPS[:, 1])})
    assert found.sharpe.n_bars == 81
    assert found.sharpe.sharpe * np.sqrt(252.0) == pytest.approx(figures["sharpe"])


def test_curves_are_compared_over_the_bars_that_both_have_before_a_ruin():
    equity = np.concatenate((grown(STEPS[:80, 0]), np.full(120, -7.0)))
    found = judged({"strategy": equity, "always": grown(STEPS[:, 1])})
    own = np.append(STEPS[:80, 0], -7.0 / equity[79] - 1.0)
    by_hand = compare_strategies(own, STEPS[:81, 1], seed=1)
    assert found.compared["always"].sharpe_difference_annual == pytest.approx(by_hand.sharpe_difference_annual)
    assert found.compared["always"].sharpe_high == pytest.approx(by_hand.sharpe_high)


@pytest.mark.parametrize(("n_bars", "is_compared"), [(2, False), (29, False), (30, True)])
def test_fewer_than_thirty_bars_are_not_compared(n_bars, is_compared):
    found = judged({"strategy": grown(STEPS[:n_bars, 0]), "always": grown(STEPS[:n_bars, 1])})
    assert set(found.compared) == ({"always"} if is_compared else set())


def test_a_benchmark_is_compared_under_its_own_name():
    found = judged({"strategy": grown(STEPS[:, 0])}, benchmark=grown(STEPS[:, 1]))
    assert set(found.compared) == {"IDX"}


def test_cash_has_no_sharpe_ratio_and_counts_as_none_beside_others():
    interest = np.where(np.arange(200) % 5, 0.0001, 0.0003)
    traded = STEPS[:, 0]
    idle = judged({"strategy": grown(interest), "always": grown(traded)}, fills={"strategy": 0})
    assert idle.sharpe is None
    own = sharpe_sample(traded).sharpe * np.sqrt(252.0)
    assert idle.compared["always"].sharpe_difference_annual == pytest.approx(-own)
    difference = idle.compared["always"].return_difference_annual
    assert difference == pytest.approx(252.0 * (interest.mean() - traded.mean()))
    beside = judged({"strategy": grown(traded), "cash": grown(interest)}, fills={"cash": 0})
    assert beside.compared["cash"].sharpe_difference_annual == pytest.approx(own)


def test_returns_are_over_the_risk_free_rate_up_to_a_ruin():
    equity = np.concatenate((grown(STEPS[:80, 0]), np.full(120, -7.0)))
    rate = pd.Series(0.0001, index=result(equity).equity["timestamp"])
    found = judged({"strategy": equity, "always": grown(STEPS[:, 1])}, risk_free=rate)
    own = np.append(STEPS[:80, 0], -7.0 / equity[79] - 1.0) - 0.0001
    assert found.sharpe.sharpe == pytest.approx(sharpe_sample(own).sharpe)


def test_a_curve_that_is_anothers_up_to_rounding_is_found():
    own = grown(STEPS[:, 0])
    found = judged({"strategy": own, "twin": own * (1.0 + 1e-13), "near": own * 1.0001, "other": grown(STEPS[:, 1])})
    assert found.same == {"twin"}
