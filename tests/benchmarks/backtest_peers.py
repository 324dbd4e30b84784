"""Run by the interpreter that has vectorbt and bt: time one of them on saved prices and weights, and answer in JSON.

Usage: python backtest_peers.py PEER FILE.npz, PEER being vectorbt or bt. The file holds close and weights, of shape
(n_bars, n_assets), fee_rate and initial_cash. Orders are filled at the close of their weights, target value on equity before fees.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd


def with_vectorbt(close: pd.DataFrame, weights: pd.DataFrame, fee_rate: float, cash: float) -> Callable[[], float]:
    import vectorbt as vbt

    def run() -> float:
        portfolio = vbt.Portfolio.from_orders(
            close,
            size=weights,
            size_type="targetpercent",
            fees=fee_rate,
            init_cash=cash,
            group_by=True,
            cash_sharing=True,
            call_seq="auto",
            freq="1D",
        )
        return float(portfolio.value().iloc[-1])

    run()  # compiles
    return run


def with_bt(close: pd.DataFrame, weights: pd.DataFrame, fee_rate: float, cash: float) -> Callable[[], float]:
    import bt

    def run() -> float:
        strategy = bt.Strategy("weights", [bt.algos.WeighTarget(weights), bt.algos.Rebalance()])
        test = bt.Backtest(
            strategy,
            close,
            initial_capital=cash,
            integer_positions=False,
            commissions=lambda shares, price: abs(shares) * price * fee_rate,
            progress_bar=False,
        )
        return float(bt.run(test).backtests["weights"].strategy.values.iloc[-1])

    return run


def main() -> None:
    peer, path = sys.argv[1:]
    data = np.load(path)
    days = pd.bdate_range("2000-01-03", periods=len(data["close"]))
    names = [f"T{i:04d}" for i in range(data["close"].shape[1])]
    close = pd.DataFrame(data["close"], index=days, columns=names)
    weights = pd.DataFrame(data["weights"], index=days, columns=names)
    prepare = {"vectorbt": with_vectorbt, "bt": with_bt}[peer]
    run = prepare(close, weights, float(data["fee_rate"]), float(data["initial_cash"]))
    seconds, final = [], 0.0
    for _ in range(1 if peer == "bt" else 5):
        start = time.perf_counter()
        final = run()
        seconds.append(time.perf_counter() - start)
    sys.stdout.write(json.dumps({"seconds": min(seconds), "final_equity": final}) + "\n")


if __name__ == "__main__":
    main()
