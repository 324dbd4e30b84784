"""Processes against theory: bounds are about four standard errors wide, and a wrong formula lies outside of them."""

from collections.abc import Callable

import numpy as np
import pytest

from core.engine.price_processes import (
    PricePaths,
    garch_paths,
    geometric_brownian_paths,
    heston_paths,
    markov_chain,
    merton_paths,
    regime_paths,
    stationary_distribution,
)

MONTH, DAY = 1 / 12, 1 / 252
MATRIX = np.array([[0.99, 0.01], [0.03, 0.97]])


def normals(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def brownian(n_bars: int, n_paths: int) -> PricePaths:
    return geometric_brownian_paths(normals(n_bars, n_paths), mu=0.1, sigma=0.4, bar_years=MONTH)


def merton(n_bars: int, n_paths: int) -> PricePaths:
    counts = np.random.default_rng(2).poisson(6.0 * MONTH, (n_bars, n_paths))
    return merton_paths(
        normals(n_bars, n_paths),
        counts,
        normals(n_bars, n_paths, seed=3),
        mu=0.1,
        sigma=0.2,
        jump_intensity=6.0,
        jump_mean=-0.08,
        jump_std=0.1,
        bar_years=MONTH,
    )


def heston(n_bars: int, n_paths: int, *, xi: float = 0.5, bar_years: float = MONTH) -> PricePaths:
    shocks = normals(n_bars, n_paths), normals(n_bars, n_paths, seed=4)
    return heston_paths(*shocks, mu=0.1, kappa=3.0, theta=0.16, xi=xi, rho=-0.7, v0=0.16, bar_years=bar_years)


def garch(n_bars: int, n_paths: int) -> PricePaths:
    return garch_paths(normals(n_bars, n_paths), mu=0.1, omega=0.002, alpha=0.15, beta=0.7, bar_years=MONTH)


def regimes(n_bars: int, n_paths: int) -> PricePaths:
    chain = markov_chain(np.random.default_rng(5).random((n_bars, n_paths)), MATRIX)
    same_drift, sigma = np.array([0.1, 0.1]), np.array([0.2, 0.7])
    return regime_paths(normals(n_bars, n_paths), chain, mu=same_drift, sigma=sigma, bar_years=MONTH)


@pytest.mark.parametrize("paths_of", [brownian, merton, heston, garch, regimes])
def test_the_expected_price_grows_at_mu(paths_of: Callable[[int, int], PricePaths]) -> None:
    prices = np.exp(paths_of(24, 60_000).log_returns.sum(axis=0))
    error = prices.std() / np.sqrt(len(prices))
    # Without the half variance, or without the jumps' compensator, it would be off by 6 % and more.
    assert abs(prices.mean() - np.exp(0.1 * 2.0)) < 4.0 * error
    assert error < 0.01


def test_brownian_log_returns_have_their_mean_and_variance() -> None:
    returns = brownian(50, 20_000).log_returns
    assert returns.mean() == pytest.approx((0.1 - 0.08) * MONTH, abs=4 * 0.4 * np.sqrt(MONTH / 1e6))
    assert returns.var() == pytest.approx(0.16 * MONTH, rel=4 * np.sqrt(2 / 1e6))


def test_merton_log_returns_have_the_cumulants_of_the_compound_poisson_law() -> None:
    returns = merton(50, 20_000).log_returns
    intensity, mean, std = 6.0 * MONTH, -0.08, 0.1
    centred = returns - returns.mean()
    variance = 0.04 * MONTH + intensity * (mean**2 + std**2)
    third = intensity * (mean**3 + 3 * mean * std**2)
    fourth = intensity * (mean**4 + 6 * mean**2 * std**2 + 3 * std**4)
    assert (centred**2).mean() == pytest.approx(variance, rel=0.01)
    assert (centred**3).mean() == pytest.approx(third, rel=0.03)
    assert (centred**4).mean() - 3 * (centred**2).mean() ** 2 == pytest.approx(fourth, rel=0.06)


def test_merton_jumps_are_the_gaps_and_the_rest_is_brownian() -> None:
    paths = merton(50, 20_000)
    assert (paths.gaps == 0.0).mean() == pytest.approx(np.exp(-0.5), abs=0.003)
    assert (paths.log_returns - paths.gaps).var() == pytest.approx(0.04 * MONTH, rel=0.006)
    assert (paths.variance == paths.variance[0, 0]).all()
    assert paths.variance[0, 0] == pytest.approx(0.04 * MONTH)


def test_heston_takes_its_steps_by_full_truncation() -> None:
    # By hand: kappa 2, theta .04, xi 2, v0 .04, dt .25, rho 0; the second variance is below zero and truncated.
    shocks, variance_shocks = np.zeros((3, 1)), np.array([[-2.0], [1.0], [0.0]])
    paths = heston_paths(
        shocks, variance_shocks, mu=0.0, kappa=2.0, theta=0.04, xi=2.0, rho=0.0, v0=0.04, bar_years=0.25
    )
    # v1 = .04 + 0 - 2 * sqrt(.01) * 2 = -.36; v2 = -.36 + 2 * .04 * .25 = -.34
    assert paths.variance.ravel().tolist() == [0.01, 0.0, 0.0]
    assert paths.log_returns.ravel().tolist() == [-0.005, 0.0, 0.0]
    longer = heston_paths(
        np.zeros((40, 1)), np.full((40, 1), -2.0), mu=0.0, kappa=2.0, theta=0.04, xi=2.0, rho=0.0, v0=0.04,
        bar_years=0.25,
    )  # fmt: skip
    # It climbs by .02 a step: -.36 + 18 * .02 is 0, so the twentieth step is the first above.
    assert np.flatnonzero(longer.variance.ravel() > 1e-9)[:2].tolist() == [0, 20]


def test_hestons_truncated_variance_has_theta_as_its_mean_where_fellers_condition_fails() -> None:
    # 2 kappa theta is .96 and xi^2 2.25. In steps of a month, absorption has a mean of .203, reflection of .261, and
    # a drift by v in place of v+ (partial truncation) one of .174.
    annual = heston(600, 2_000, xi=1.5).variance[100:] / MONTH
    error = annual.mean(axis=0).std() / np.sqrt(2_000)
    assert abs(annual.mean() - 0.16) < 4 * error
    assert error < 0.001
    assert (annual == 0.0).mean() > 0.2


def test_hestons_variance_has_its_stationary_spread_and_goes_against_the_price() -> None:
    paths = heston(3_000, 400, bar_years=DAY)
    annual = paths.variance[500:] / DAY
    assert annual.var() == pytest.approx(0.16 * 0.5**2 / (2 * 3.0), rel=0.05)
    steps, returns = np.diff(annual, axis=0), paths.log_returns[500:-1]
    assert np.corrcoef(steps.ravel(), returns.ravel())[0, 1] == pytest.approx(-0.7, abs=0.03)


def test_garch_has_its_unconditional_variance_kurtosis_and_memory() -> None:
    alpha, beta = 0.15, 0.7
    paths = garch(1_000, 2_000)
    shocks = paths.log_returns - (0.1 * MONTH - paths.variance / 2)
    squares = shocks**2
    assert squares.mean() == pytest.approx(0.002 / 0.15, rel=0.01)
    # Bollerslev (1986), sections 3 and 4.
    kurtosis = 3 * (1 - (alpha + beta) ** 2) / (1 - (alpha + beta) ** 2 - 2 * alpha**2)
    assert (squares**2).mean() / squares.mean() ** 2 == pytest.approx(kurtosis, rel=0.05)
    first = alpha * (1 - alpha * beta - beta**2) / (1 - 2 * alpha * beta - beta**2)
    found = np.corrcoef(squares[:-1].ravel(), squares[1:].ravel())[0, 1]
    assert found == pytest.approx(first, abs=0.02)


def test_garch_takes_its_steps() -> None:
    paths = garch_paths(np.array([[2.0], [0.0], [0.0]]), mu=0.0, omega=0.1, alpha=0.25, beta=0.25, bar_years=1.0)
    # .1 / .5; .1 + .25 * 4 * .2 + .25 * .2; .1 + .25 * .35
    assert paths.variance.ravel() == pytest.approx([0.2, 0.35, 0.1875])


def test_the_stationary_distribution_is_left_as_it_is_by_a_step() -> None:
    assert stationary_distribution(MATRIX) == pytest.approx([0.75, 0.25])
    # Land of Oz (Grinstead and Snell, Introduction to Probability, example 11.1): rain, nice, snow.
    weather = np.array([[0.5, 0.25, 0.25], [0.5, 0.0, 0.5], [0.25, 0.25, 0.5]])
    assert stationary_distribution(weather) == pytest.approx([0.4, 0.2, 0.4])


def test_a_chain_begins_stays_and_moves_as_its_matrix_says() -> None:
    states = markov_chain(np.random.default_rng(6).random((2_000, 500)), MATRIX)
    assert (states[0] == 0).mean() == pytest.approx(0.75, abs=0.08)
    assert (states == 0).mean() == pytest.approx(0.75, abs=0.01)
    before, after = states[:-1].ravel(), states[1:].ravel()
    found = [(after[before == state] == 0).mean() for state in (0, 1)]
    assert found == pytest.approx([0.99, 0.03], abs=0.002)


def test_each_regime_moves_by_its_own_drift_and_volatility() -> None:
    chain = markov_chain(np.random.default_rng(7).random((1_000, 500)), MATRIX)
    paths = regime_paths(
        normals(1_000, 500), chain, mu=np.array([0.3, -0.6]), sigma=np.array([0.1, 0.5]), bar_years=MONTH
    )
    for state, (mu, sigma) in enumerate([(0.3, 0.1), (-0.6, 0.5)]):
        returns = paths.log_returns[chain == state]
        assert returns.std() == pytest.approx(sigma * np.sqrt(MONTH), rel=0.01)
        assert returns.mean() == pytest.approx((mu - sigma**2 / 2) * MONTH, abs=4 * returns.std() / len(returns) ** 0.5)
