"""What a training and a backtest hold beside the prices, for each row more.

The arrays that a stage holds at its fullest are counted, for few rows and for many: the difference tells what a row takes. Five features of
8 bytes are there once for all rows and once more for the rows that the model is given, and the model makes its own copy; a label is 26 bytes and
8 on the calendar, a prediction 72, of half the rows. What is copied needlessly on the way takes 100 and more.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from core.config.sections import ExecutionConfig, SplitsConfig, TrainModelConfig
from core.engine.backtest import run_backtest
from core.engine.features import FeaturePipeline
from core.engine.labels import kept_labels
from core.engine.training import TrainingTask, train_model
from plugins.brokers.flat import Flat
from plugins.feature_steps.momentum import Momentum
from plugins.feature_steps.realized_volatility import RealizedVolatility
from plugins.feature_steps.rsi import Rsi
from plugins.feature_steps.volume_z_score import VolumeZScore
from plugins.labelers.leverage_opportunity import LeverageOpportunity
from plugins.models.linear import Linear
from plugins.strategies.threshold import Threshold

N_TICKERS = 100
FEWEST, FEW, MANY = 300, 400, 1_200


def panel_of(n_bars: int) -> pd.DataFrame:
    random = np.random.default_rng(7)
    close = 50.0 * np.exp(np.cumsum(0.005 * random.standard_normal((n_bars, N_TICKERS)), axis=0)).ravel()
    times = pd.date_range("2015-01-05 14:30", periods=n_bars, freq="min", tz="UTC", unit="us")
    index = pd.MultiIndex.from_product(
        [times, [f"T{number:03d}" for number in range(N_TICKERS)]], names=["timestamp", "ticker"]
    )
    prices = {"open": close, "high": close * 1.001, "low": close * 0.999, "close": close}
    return pd.DataFrame({**prices, "volume": random.integers(1, 10**6, close.size).astype(float)}, index=index)


Measure = Callable[[Callable[[], object]], tuple[int, object]]


def peak_bytes(work: Callable[[], object]) -> tuple[int, object]:
    tracemalloc.start()
    try:
        result = work()
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


def unmeasured(work: Callable[[], object]) -> tuple[int, object]:
    return 0, work()


def stages_of(n_bars: int, measure: Measure = peak_bytes) -> dict[str, int]:
    """Return the peak of each stage, in bytes; what earlier stages gave and it does not make itself is not in it."""
    panel = panel_of(n_bars)
    broker = Flat("flat", Flat.Params(base_rate_annual=0.03))
    terms = broker.terms(panel)
    steps = [
        Momentum("momentum", Momentum.Params(horizons_bars=(20, 120))),
        RealizedVolatility("volatility", RealizedVolatility.Params(windows_bars=(60,))),
        Rsi("rsi", Rsi.Params()),
        VolumeZScore("volume", VolumeZScore.Params()),
    ]
    labeler = LeverageOpportunity("label", LeverageOpportunity.Params(leverage=1.5))
    label_peak, labels = measure(lambda: kept_labels(labeler.label(panel, terms=terms)))
    task = TrainingTask(
        data=panel,
        labels=labels,
        pipeline=FeaturePipeline(steps),
        make_model=lambda: Linear("linear", Linear.Params()),
        task="classification",
        splits=SplitsConfig(train_bars=n_bars // 2, test_bars=n_bars // 4),
        model=TrainModelConfig(model_type="linear"),
    )
    train_peak, trained = measure(lambda: train_model(task))
    strategy = Threshold("threshold", Threshold.Params(enter_long=0.5))

    def backtest() -> object:
        signals = strategy.generate_signals(panel, trained.predictions)
        return run_backtest(panel, signals, terms, ExecutionConfig())

    return {"label": label_peak, "train": train_peak, "backtest": measure(backtest)[0]}


@pytest.fixture(scope="module")
def bytes_a_row() -> dict[str, float]:
    stages_of(FEWEST, unmeasured)  # what is imported, or made once and kept, is no row's
    few, many = stages_of(FEW), stages_of(MANY)
    return {name: (many[name] - few[name]) / ((MANY - FEW) * N_TICKERS) for name in few}


@pytest.mark.parametrize(("stage", "most"), [("label", 225), ("train", 200), ("backtest", 140)])
def test_a_row_more_takes_a_stage_little_more_than_it_makes_of_it(
    stage: str, most: float, bytes_a_row: dict[str, float]
) -> None:
    assert bytes_a_row[stage] <= most
