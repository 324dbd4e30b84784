"""What simulated prices can follow, and the parameters of each."""

from __future__ import annotations

from typing import Annotated, Literal

import qlop
from pydantic import Field, model_validator

__all__ = ["Garch", "Gbm", "Heston", "Merton", "Process", "Regime", "RegimeSwitching"]


class Gbm(qlop.Params):
    """Geometric Brownian motion."""

    kind: Literal["gbm"] = "gbm"
    mu: float = Field(default=0.07, ge=-2.0, le=2.0, description="Expected growth a year, continuous.")
    sigma: float = Field(default=0.2, gt=0.0, le=3.0, description="Volatility a year.")


class Merton(qlop.Params):
    """Jump diffusion: Brownian motion, and jumps between sessions."""

    kind: Literal["merton"] = "merton"
    mu: float = Field(default=0.07, ge=-2.0, le=2.0, description="Expected growth a year, jumps included.")
    sigma: float = Field(default=0.15, gt=0.0, le=3.0, description="Volatility a year without jumps.")
    jump_intensity: float = Field(default=4.0, ge=0.0, le=500.0, description="Jumps a year.")
    jump_mean: float = Field(default=-0.02, ge=-1.0, le=1.0, description="Mean of a jump's log size.")
    jump_std: float = Field(default=0.05, ge=0.0, le=1.0, description="Standard deviation of a jump's log size.")


class Heston(qlop.Params):
    """Stochastic volatility whose shocks go with the price's."""

    kind: Literal["heston"] = "heston"
    mu: float = Field(default=0.07, ge=-2.0, le=2.0, description="Expected growth a year, continuous.")
    kappa: float = Field(default=4.0, gt=0.0, le=50.0, description="Speed at which the variance returns, a year.")
    theta: float = Field(default=0.04, gt=0.0, le=4.0, description="Long-run variance a year; .04 is 20 % volatility.")
    xi: float = Field(default=0.5, ge=0.0, le=5.0, description="Volatility of the variance.")
    rho: float = Field(default=-0.7, ge=-1.0, le=1.0, description="Correlation of price and variance shocks.")
    v0: float = Field(default=0.04, ge=0.0, le=4.0, description="Variance a year at the start.")


class Regime(qlop.Params):
    """Drift and volatility while a regime lasts."""

    mu: float = Field(ge=-5.0, le=5.0, description="Expected growth a year, continuous.")
    sigma: float = Field(gt=0.0, le=3.0, description="Volatility a year.")


class RegimeSwitching(qlop.Params):
    """A Markov chain of regimes, each a geometric Brownian motion."""

    kind: Literal["regime_switching"] = "regime_switching"
    regimes: tuple[Regime, ...] = Field(
        default=(Regime(mu=0.15, sigma=0.12), Regime(mu=-0.25, sigma=0.35)),
        min_length=2,
        max_length=10,
        description="The regimes; the chain begins in its stationary distribution.",
    )
    transition_matrix: tuple[tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...], ...] = Field(
        default=((0.99, 0.01), (0.03, 0.97)),
        description="Row by row: probability of the next bar's regime given this one's; rows add up to 1.",
    )
    shared: bool = Field(default=True, description="All tickers are in the same regime at the same time.")

    @model_validator(mode="after")
    def _matrix_is_a_chain(self) -> RegimeSwitching:
        import numpy as np

        n_regimes = len(self.regimes)
        shape = [len(row) for row in self.transition_matrix]
        if shape != [n_regimes] * n_regimes:
            raise ValueError(
                f"transition_matrix has rows of {shape} entries; {n_regimes} regimes need {n_regimes} of each"
            )
        for number, row in enumerate(self.transition_matrix):
            if abs(sum(row) - 1.0) > 1e-9:
                raise ValueError(f"row {number} of transition_matrix adds up to {sum(row):.12g}; it must be 1")
        reach = np.linalg.matrix_power(np.eye(n_regimes) + np.array(self.transition_matrix), n_regimes)
        if (reach == 0.0).any():
            start, end = np.argwhere(reach == 0.0)[0]
            raise ValueError(f"transition_matrix never leads from regime {start} to regime {end}; each must be reached")
        return self


class Garch(qlop.Params):
    """GARCH(1,1): large moves make large moves likely."""

    kind: Literal["garch"] = "garch"
    mu: float = Field(default=0.07, ge=-2.0, le=2.0, description="Expected growth a year, continuous.")
    omega: float = Field(
        default=3e-6, gt=0.0, le=0.01, description="Constant of a bar's variance, in squared fractions."
    )
    alpha: float = Field(default=0.08, ge=0.0, lt=1.0, description="Weight of the last squared shock.")
    beta: float = Field(default=0.9, ge=0.0, lt=1.0, description="Weight of the last variance.")

    @model_validator(mode="after")
    def _variance_is_finite(self) -> Garch:
        if self.alpha + self.beta >= 1.0:
            raise ValueError(f"alpha + beta is {self.alpha + self.beta:.6g}; it must be below 1")
        return self


Process = Gbm | Heston | Merton | RegimeSwitching | Garch
