"""Some tickers' simulated bars: a process's path, its opens and ranges, and the events that turn it into prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import qlop

from plugins.data_sources._synthetic_processes import Garch, Heston, Merton, RegimeSwitching
from plugins.data_sources._synthetic_streams import Streams

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from qlop.engine import PricePaths

    from plugins.data_sources.synthetic import Synthetic

__all__ = ["BARS_A_YEAR", "SimulatedBlock"]

BARS_A_YEAR = {"business_days": 252.0, "calendar_days": 365.0}

_VOLUME_SPREAD = 0.35


@dataclass(frozen=True)
class SimulatedBlock:
    """Some tickers over all sessions from the paths' beginning; arrays have shape (n_sessions, n_tickers)."""

    params: Synthetic.Params
    tickers: Sequence[str]
    sessions: pd.DatetimeIndex

    @cached_property
    def _streams(self) -> Streams:
        return Streams(self.params.seed, self.tickers, len(self.sessions))

    def columns(self, first: int) -> dict[str, NDArray[np.float64]]:
        """Return the panel's columns from the session at position `first` on."""
        import numpy as np
        from qlop.engine import SESSION_PARTS, session_bars

        paths, state = self._paths()
        bars = session_bars(
            paths,
            self._streams.normals("bridge", SESSION_PARTS),
            self._streams.uniforms("extremes", 2 * SESSION_PARTS),
            overnight_share=self.params.overnight_share,
        )
        with np.errstate(over="ignore"):
            close = self.params.initial_price * np.exp(np.cumsum(bars.close, axis=0))
        self._refuse_out_of_range(close)
        before = np.vstack([np.full((1, len(self.tickers)), self.params.initial_price), close[:-1]])
        opening = before * np.exp(bars.open)
        prices = {
            "open": opening,
            "high": np.maximum(before * np.exp(bars.high), np.maximum(opening, close)),
            "low": np.minimum(before * np.exp(bars.low), np.minimum(opening, close)),
            "close": close,
        }
        columns = {**self._with_events(prices), **state}
        return {name: values[first:] for name, values in columns.items()}

    def _paths(self) -> tuple[PricePaths, dict[str, NDArray[np.float64]]]:
        import numpy as np

        regimes = self._regimes()
        paths = self._process_paths(regimes)
        if not self.params.with_state:
            return paths, {}
        state = {"true_variance_annual": paths.variance * BARS_A_YEAR[self.params.sessions]}
        return paths, state if regimes is None else {**state, "regime": regimes.astype(np.float64)}

    def _process_paths(self, regimes: NDArray[np.int64] | None) -> PricePaths:
        import numpy as np
        from qlop import engine

        process, bar_years = self.params.process, 1.0 / BARS_A_YEAR[self.params.sessions]
        settings = process.model_dump(exclude={"kind", "regimes", "transition_matrix", "shared"})
        shocks = self._price_shocks()
        if isinstance(process, RegimeSwitching) and regimes is not None:
            mu, sigma = (np.array([getattr(regime, name) for regime in process.regimes]) for name in ("mu", "sigma"))
            return engine.regime_paths(shocks, regimes, mu=mu, sigma=sigma, bar_years=bar_years)
        if isinstance(process, Heston):
            return engine.heston_paths(
                shocks, self._streams.normals("variance")[..., 0], **settings, bar_years=bar_years
            )
        if isinstance(process, Merton):
            counts = self._streams.each(
                "jump_counts", lambda stream, n: stream.poisson(process.jump_intensity * bar_years, n)
            )
            jumps = self._streams.normals("jump_sizes")[..., 0]
            return engine.merton_paths(shocks, counts, jumps, **settings, bar_years=bar_years)
        paths_of = engine.garch_paths if isinstance(process, Garch) else engine.geometric_brownian_paths
        return paths_of(shocks, **settings, bar_years=bar_years)

    def _regimes(self) -> NDArray[np.int64] | None:
        import numpy as np
        from qlop.engine import markov_chain

        process = self.params.process
        if not isinstance(process, RegimeSwitching):
            return None
        uniforms = self._streams.shared("regime").random(len(self.sessions))[:, None] if process.shared else None
        uniforms = self._streams.uniforms("regime", 1)[..., 0] if uniforms is None else uniforms
        chain = markov_chain(uniforms, np.array(process.transition_matrix))
        return np.repeat(chain, len(self.tickers), axis=1) if process.shared else chain

    def _price_shocks(self) -> NDArray[np.float64]:
        own, correlation = self._streams.normals("price")[..., 0], self.params.correlation
        market = self._streams.shared("price").standard_normal(len(self.sessions))[:, None]
        shocks: NDArray[np.float64] = correlation**0.5 * market + (1.0 - correlation) ** 0.5 * own
        return shocks

    def _with_events(self, prices: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
        """Return prices as traded, with the volume, dividends and splits that turn them back into the path.

        On an ex-date, shares go to S and each pays q / (1 - q) of its close, so that S (close + dividend) over the
        close before is what the path grows by.
        """
        import numpy as np

        close = prices["close"]
        n_between = round(BARS_A_YEAR[self.params.sessions] / 4)
        is_paid = (np.arange(1, len(close) + 1) % n_between == 0)[:, None]
        paid = np.where(is_paid, self.params.dividend_yield_annual / 4.0, 0.0)
        kept = close * np.cumprod(1.0 - paid, axis=0)
        split = np.column_stack([_splits(column, self.params.split_above) for column in kept.T])
        factor = np.cumprod((1.0 - paid) / split, axis=0)
        traded = {name: values * factor for name, values in prices.items()}
        noise = _VOLUME_SPREAD * self._streams.normals("volume")[..., 0] - _VOLUME_SPREAD**2 / 2.0
        return {
            **traded,
            "volume": np.ceil(self.params.mean_volume * np.exp(noise)),
            "dividend": traded["close"] * paid / (1.0 - paid),
            "split": split,
            "risk_free_rate_annual": np.full(close.shape, self.params.risk_free_rate_annual),
        }

    def _refuse_out_of_range(self, close: NDArray[np.float64]) -> None:
        import numpy as np

        wrong = ~((close > 1e-100) & (close < 1e100))
        if wrong.any():
            bar, column = (int(at) for at in np.argwhere(wrong)[0])
            raise qlop.DataError(
                f"Data source 'synthetic': close of {self.tickers[column]} at {self.sessions[bar].date()} is "
                f"{close[bar, column]}; it must lie within 1e-100 and 1e100. Lower the drift or the volatility of "
                "data_source_params.process, or set a nearer last_session."
            )


def _splits(close: NDArray[np.float64], above: float | None) -> NDArray[np.float64]:
    import numpy as np

    ratios, level, at = np.ones(len(close)), close.copy(), 0
    while above is not None and (over := np.flatnonzero(level[at:-1] > above)).size:
        at += int(over[0]) + 1
        ratios[at] = 2.0
        level[at:] /= 2.0
    return ratios
