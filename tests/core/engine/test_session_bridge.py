"""Opens, highs and lows of Brownian sessions, against the laws of Brownian motion."""

import numpy as np
import pytest
from scipy.stats import norm

from core.engine.price_processes import PricePaths, geometric_brownian_paths
from core.engine.session_bridge import SESSION_PARTS, SessionBars, session_bars

N = 400_000


def bars_of(paths: PricePaths, overnight_share: float) -> SessionBars:
    random = np.random.default_rng(8)
    shape = paths.log_returns.shape
    return session_bars(
        paths,
        random.standard_normal((*shape, SESSION_PARTS)),
        random.random((*shape, 2 * SESSION_PARTS)),
        overnight_share=overnight_share,
    )


def driftless() -> PricePaths:
    shocks = np.random.default_rng(9).standard_normal((1, N))
    return PricePaths(shocks, np.ones((1, N)))


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_high_and_low_hold_the_open_and_the_close(share: float) -> None:
    bars = bars_of(geometric_brownian_paths(np.ones((5, 7)), mu=0.1, sigma=0.3, bar_years=0.1), share)
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()


def test_the_open_has_its_share_of_the_variance_and_does_not_tell_the_session() -> None:
    bars = bars_of(driftless(), 0.3)
    assert bars.open.var() == pytest.approx(0.3, rel=0.01)
    inside = bars.close - bars.open
    assert inside.var() == pytest.approx(0.7, rel=0.01)
    assert np.corrcoef(bars.open.ravel(), inside.ravel())[0, 1] == pytest.approx(0.0, abs=0.007)


def test_the_mean_squared_range_is_parkinsons() -> None:
    bars = bars_of(driftless(), 0.3)
    assert ((bars.high - bars.low) ** 2).mean() == pytest.approx(4 * np.log(2) * 0.7, rel=0.006)


@pytest.mark.parametrize("level", [0.5, 1.0, 2.0])
def test_highs_and_lows_follow_the_reflection_principle(level: float) -> None:
    bars = bars_of(driftless(), 0.0)
    beyond = 2 * norm.sf(level)
    bound = 4 * np.sqrt(beyond * (1 - beyond) / N)
    assert (bars.high > level).mean() == pytest.approx(beyond, abs=bound)
    assert (bars.low < -level).mean() == pytest.approx(beyond, abs=bound)


def test_a_jump_falls_before_the_open() -> None:
    still = np.zeros((1, 3))
    bars = bars_of(PricePaths(still - 0.1, still, still - 0.1), 0.4)
    for values in (bars.open, bars.high, bars.low, bars.close):
        assert values.ravel() == pytest.approx([-0.1] * 3)
