"""The backtest's speed, beside vectorbt and bt in the same run.

Ours does more in the measured runs: financing, margin at the adverse extremes, fills at the next open. The agreement tests turn
that off and compare the final equity under a fee alone.

The peers live in an environment of their own (requirements-bench.lock), whose interpreter QLOP_PEERS_PYTHON names; `make bench`
sees to both. Seconds are the best of several runs after compiling, on one thread.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from core.config.sections import ExecutionConfig
from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms, MarginTerms
from core.engine.backtest import run_backtest
from core.engine.panel import PanelArrays
from core.engine.simulation import simulate

if TYPE_CHECKING:
    from conftest import TableLine
    from numpy.typing import NDArray
    from pytest_benchmark.fixture import BenchmarkFixture

PEERS_PYTHON = os.environ.get("QLOP_PEERS_PYTHON", sys.executable)
FEE_BPS = 10.0
FULL_SECONDS = {"500x2500": 0.015, "1x2148": 0.001}
SHOWN = {"500x2500": "500 assets x 2,500 bars, daily targets", "1x2148": "1 stock, 2,148 bars"}

SAME_CLOSE = ExecutionConfig(
    fill="same_close", rebalance="every_bar", size_includes_fee=False, reversal="one_order", close_at_end="off"
)


@dataclass(frozen=True)
class Work:
    """Seeded prices and daily target weights."""

    name: str
    prices: PanelArrays
    weights: NDArray[np.float64]

    def terms(self) -> BrokerTerms:
        """Fees, slippage, financing both ways, borrow fee, margin at the adverse extremes."""
        rate = np.full(self.prices.shape[0], 0.03)
        return BrokerTerms(
            FinancingTerms(rate, debit_spread_annual=0.015, credit_spread_annual=0.005, borrow_fee_annual=0.01),
            FeeTerms(fee_bps=FEE_BPS, slippage_bps=1.0),
            MarginTerms(check="adverse_extreme"),
        )

    def fee_alone(self) -> BrokerTerms:
        rate = np.zeros(self.prices.shape[0])
        margin = MarginTerms(
            check="off", initial_long=0.0, initial_short=0.0, maintenance_long=0.0, maintenance_short=0.0
        )
        return BrokerTerms(FinancingTerms(rate), FeeTerms(fee_bps=FEE_BPS), margin)


def work(name: str) -> Work:
    n_assets, n_bars = map(int, name.split("x"))
    random = np.random.default_rng(42)
    shape = (n_bars, n_assets)
    close = 100 * np.exp(np.cumsum(random.normal(0.0004, 0.02, shape), axis=0))
    opening = close * np.exp(random.normal(0, 0.004, shape))
    high = np.maximum(opening, close) * (1 + np.abs(random.normal(0, 0.005, shape)))
    low = np.minimum(opening, close) * (1 - np.abs(random.normal(0, 0.005, shape)))
    prices = PanelArrays(
        pd.bdate_range("2000-01-03", periods=n_bars, tz="UTC"),
        tuple(f"T{i:04d}" for i in range(n_assets)),
        *(opening, high, low, close, np.full(shape, 1e6), np.zeros(shape), np.ones(shape), np.full(n_bars, 0.03)),
    )
    weights = random.uniform(0.0, 1.0, shape)
    if n_assets == 1:
        smooth = pd.DataFrame(close)
        above = smooth.rolling(20).mean() > smooth.rolling(100).mean()
        return Work(name, prices, above.to_numpy(dtype=np.float64) * 0.95)
    return Work(name, prices, 0.9 * weights / weights.sum(axis=1, keepdims=True))


@cache
def peer_answer(peer: str, name: str, folder: Path) -> dict[str, float]:
    bench = work(name)
    path = folder / f"{name}.npz"
    np.savez(path, close=bench.prices.close, weights=bench.weights, fee_rate=FEE_BPS / 1e4, initial_cash=100_000.0)
    script = Path(__file__).with_name("backtest_peers.py")
    done = subprocess.run([PEERS_PYTHON, str(script), peer, str(path)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(
            f"{peer} does not run under {PEERS_PYTHON}: {done.stderr[-800:]}\n"
            "Call `make bench`, which installs requirements-bench.lock into an environment and names its interpreter."
        )
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("peers")


@pytest.mark.parametrize("name", ["500x2500", "1x2148"])
def test_simulate_with_daily_targets_financing_and_margin(
    name: str, benchmark: BenchmarkFixture, table_line: TableLine
) -> None:
    bench = work(name)
    terms, execution = bench.terms(), ExecutionConfig()
    targets = bench.weights * 1.5
    result = benchmark.pedantic(
        simulate, args=(bench.prices, targets, terms, execution), rounds=40, iterations=1, warmup_rounds=3
    )
    assert np.isfinite(result.curve).all()
    limit = FULL_SECONDS[name]
    table_line(f"backtest, {SHOWN[name]}: targets up to 1.5x", benchmark.stats.stats.min, f"{limit * 1e3:g} ms")
    assert benchmark.stats.stats.min <= FULL_SECONDS[name]


def test_run_backtest_of_one_stock_with_frames(benchmark: BenchmarkFixture, table_line: TableLine) -> None:
    bench = work("1x2148")
    index = pd.MultiIndex.from_product([bench.prices.timestamps, bench.prices.tickers], names=["timestamp", "ticker"])
    columns = ("open", "high", "low", "close", "volume")
    panel = pd.DataFrame({name: getattr(bench.prices, name).ravel() for name in columns}, index=index)
    signals = pd.Series(bench.weights.ravel() * 1.5, index=index)
    result = benchmark.pedantic(
        run_backtest, args=(panel, signals, bench.terms(), ExecutionConfig()), rounds=40, iterations=1, warmup_rounds=3
    )
    table_line(f"backtest, {SHOWN['1x2148']}: frames in and out", benchmark.stats.stats.min, "")
    assert len(result.equity) == 2148


@pytest.mark.parametrize("peer", ["vectorbt", "bt"])
@pytest.mark.parametrize("name", ["1x2148", "500x2500"])
def test_beside_a_peer(name: str, peer: str, benchmark: BenchmarkFixture, folder: Path, table_line: TableLine) -> None:
    bench = work(name)
    args = (bench.prices, bench.weights, bench.terms(), ExecutionConfig())
    benchmark.pedantic(simulate, args=args, rounds=20, iterations=1, warmup_rounds=3)
    ours = benchmark.stats.stats.min
    theirs = peer_answer(peer, name, folder)["seconds"]
    table_line(f"backtest, {SHOWN[name]}, beside {peer}", ours, "", peer=(peer, theirs))
    assert ours < theirs


@pytest.mark.parametrize("name", ["1x2148", "500x2500"])
def test_final_equity_agrees_with_vectorbt_under_a_fee_alone(name: str, folder: Path) -> None:
    bench = work(name)
    ours = simulate(bench.prices, bench.weights, bench.fee_alone(), SAME_CLOSE).curve[-1, 0]
    assert ours == pytest.approx(peer_answer("vectorbt", name, folder)["final_equity"], rel=1e-9)
