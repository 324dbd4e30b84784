"""The curves of a backtest as the verdict compares them.

1. Returns are over the risk-free rate where there is one, and end with the bar of a ruin, as all figures do.
2. A curve without a fill is cash and takes no risk: it has no Sharpe ratio, and beside others one of 0, whatever its
   interest.
3. Two curves are compared over the bars that both have, if they are enough for it.
4. A curve that is another one's, up to rounding, is called that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.engine.evidence import FEWEST_BARS, compare_strategies, sharpe_sample
from core.engine.metrics import curve_returns

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.engine.evidence import Comparison, SharpeSample
    from core.engine.stages.backtesting import Backtested

__all__ = ["JudgedCurves", "judge_curves"]

_ROUNDING = 1e-9


@dataclass(frozen=True)
class JudgedCurves:
    """What the judged strategy's curve is beside the others.

    Attributes
    ----------
    sharpe : SharpeSample or None
        The strategy's own; None where it takes no risk, or its returns do not vary.
    compared : mapping of str to Comparison
        By the other's name; without those that have too few bars in common with it.
    same : frozenset of str
        The others whose equity is the strategy's on every bar.
    """

    sharpe: SharpeSample | None
    compared: Mapping[str, Comparison]
    same: frozenset[str]


def judge_curves(backtested: Backtested, benchmark_name: str, *, initial_cash: float, seed: int) -> JudgedCurves:
    """Compare the judged strategy with each baseline and the benchmark.

    Parameters
    ----------
    backtested : Backtested
        What was simulated.
    benchmark_name : str
        The benchmark's, where there is one.
    initial_cash : float
        Equity before the first bar.
    seed : int
        Of the resampling.
    """
    own = backtested.results[backtested.judged].equity
    curves = {name: result.equity for name, result in backtested.results.items() if name != backtested.judged}
    if backtested.benchmark_equity is not None:
        curves[benchmark_name] = backtested.benchmark_equity
    main = _excess_returns(own, backtested, backtested.judged, initial_cash)
    compared, same = {}, set()
    for name, curve in curves.items():
        other = _excess_returns(curve, backtested, name, initial_cash)
        shared = min(len(main), len(other))
        if shared >= FEWEST_BARS:
            compared[name] = compare_strategies(
                main[:shared], other[:shared], seed=seed, periods_per_year=backtested.periods_per_year
            )
        if np.allclose(own["equity"], curve["equity"], rtol=_ROUNDING, atol=_ROUNDING * initial_cash):
            same.add(name)
    sharpe = None if _is_cash(backtested, backtested.judged) else sharpe_sample(main)
    return JudgedCurves(sharpe, compared, frozenset(same))


def _excess_returns(curve: pd.DataFrame, backtested: Backtested, name: str, initial_cash: float) -> NDArray[np.float64]:
    found = curve_returns(curve, initial_cash)
    if backtested.risk_free is not None:
        found = found - backtested.risk_free.reindex(found.index)
    returns: NDArray[np.float64] = found.to_numpy(dtype=np.float64)
    return np.full_like(returns, returns.mean()) if _is_cash(backtested, name) else returns


def _is_cash(backtested: Backtested, name: str) -> bool:
    return backtested.metrics.get(name, {}).get("n_fills") == 0
