"""Simulated prices of which the truth is known, for tests and teaching. docs/data.md shows them at work."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import qlop
from pydantic import Field, model_validator

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from qlop.engine import PricePaths

_BARS_AT_MOST = 20_000_000
_TICKERS_AT_ONCE = 64
_VOLUME_SPREAD = 0.35
_BARS_A_YEAR = {"business_days": 252.0, "calendar_days": 365.0}


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


class Synthetic(qlop.DataSourcePlugin):
    """Seeded simulated bars: geometric Brownian motion, Heston, Merton, Markov regimes, GARCH(1,1).

    The same seed gives the same bytes. Each ticker draws from random streams of its own (Philox, keyed by seed, ticker
    and purpose), so that further tickers or later dates leave every other bar as it was.
    """

    name = "synthetic"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    survivorship: ClassVar[str] = (
        "The prices are simulated: results tell how a method fares under this process, and nothing about a market."
    )

    class Params(qlop.Params):
        """Parameters of `synthetic`."""

        process: Annotated[Process, Field(discriminator="kind")] = Field(
            default=Gbm(), description="What the prices follow."
        )
        seed: int = Field(default=0, ge=0, le=2**63 - 1, description="Seed of everything random in the prices.")
        n_tickers: int = Field(default=5, ge=1, le=9_999, description="Instruments: SYN0001, SYN0002 and so on.")
        first_session: date = Field(default=date(2000, 1, 3), description="Where every path begins.")
        last_session: date = Field(default=date(2019, 12, 31), description="Last session that is held.")
        sessions: Literal["business_days", "calendar_days"] = Field(
            default="business_days", description="Monday to Friday, 252 to a year's units; or every day, 365."
        )
        correlation: float = Field(default=0.3, ge=0.0, lt=1.0, description="Of any two tickers' price shocks.")
        initial_price: float = Field(default=100.0, gt=0.0, le=1e9, description="Close before the first session.")
        overnight_share: float = Field(
            default=0.2, ge=0.0, le=0.95, description="Part of a bar's variance between the close before and its open."
        )
        mean_volume: float = Field(default=1e6, ge=1.0, le=1e15, description="Mean shares traded in a bar.")
        dividend_yield_annual: float = Field(
            default=0.0, ge=0.0, le=0.5, description="Paid in four parts a year, out of the price."
        )
        split_above: float | None = Field(
            default=None, gt=0.0, le=1e12, description="A close above it is followed by a split of 2 for 1; null: none."
        )
        risk_free_rate_annual: float = Field(default=0.02, gt=-0.5, le=1.0, description="The same on every bar.")
        with_state: bool = Field(
            default=False, description="Adds what cannot be seen in a market: true_variance_annual, and regime."
        )

        @model_validator(mode="after")
        def _span_is_possible(self) -> Synthetic.Params:
            if self.last_session < self.first_session:
                raise ValueError(f"last_session {self.last_session} is before first_session {self.first_session}")
            n_bars = self.n_tickers * ((self.last_session - self.first_session).days + 1)
            if n_bars > _BARS_AT_MOST:
                raise ValueError(
                    f"n_tickers {self.n_tickers} from {self.first_session} to {self.last_session} may be {n_bars:,} "
                    f"bars; at most {_BARS_AT_MOST:,} are simulated"
                )
            return self

    params: Params

    def load_data(
        self, tickers: Sequence[str] | None, start: date | None, end: date | None, interval: str
    ) -> pd.DataFrame:
        """Return the simulated bars of the tickers that lie from start to end.

        Raises
        ------
        DataError
            If a ticker is not simulated, the interval is not "1d", no session lies in the dates, or a price leaves what
            a number can hold.
        """
        if interval != "1d":
            raise qlop.DataError(
                f"Data source {self.name!r} has no {interval!r} bars; it simulates daily ones. Set data.interval to "
                "'1d'."
            )
        wanted = self._wanted(tickers)
        sessions, first = self._sessions(start, end)
        blocks = [
            _Block(self.params, wanted[at : at + _TICKERS_AT_ONCE], sessions).columns(first)
            for at in self._each_block(wanted)
        ]
        return _panel_of(blocks, sessions[first:], wanted)

    def _each_block(self, wanted: Sequence[str]) -> Iterator[int]:
        for at in range(0, len(wanted), _TICKERS_AT_ONCE):
            self.access.check_cancelled()
            yield at
            for done, ticker in enumerate(wanted[at : at + _TICKERS_AT_ONCE], start=at + 1):
                self.access.progress(ticker, done, len(wanted))

    def _wanted(self, tickers: Sequence[str] | None) -> list[str]:
        every = [f"SYN{number:04d}" for number in range(1, self.params.n_tickers + 1)]
        held = set(every)
        for ticker in tickers or ():
            if ticker not in held:
                near = get_close_matches(ticker, every, n=1, cutoff=0.5)
                hint = f" Did you mean {near[0]}?" if near else ""
                raise qlop.DataError(
                    f"Data source {self.name!r} has no ticker {ticker!r}.{hint} It simulates {every[0]} to "
                    f"{every[-1]}; data_source_params.n_tickers says how many."
                )
        return sorted(tickers) if tickers is not None else every

    def _sessions(self, start: date | None, end: date | None) -> tuple[pd.DatetimeIndex, int]:
        """Return the sessions from the paths' beginning to the end, and where those asked for begin."""
        import pandas as pd

        held = (self.params.first_session, self.params.last_session)
        last = min(end or held[1], held[1])
        frequency = "B" if self.params.sessions == "business_days" else "D"
        sessions = pd.date_range(held[0], max(last, held[0]), freq=frequency, tz="UTC", unit="us", name="timestamp")
        sessions = sessions[sessions <= pd.Timestamp(last, tz="UTC")]
        first = 0 if start is None else int(sessions.searchsorted(pd.Timestamp(start, tz="UTC")))
        if first == len(sessions):
            raise qlop.DataError(
                f"Data source {self.name!r} has no session from {start or held[0]} to {end or held[1]}; it simulates "
                f"{held[0]} to {held[1]} ({self.params.sessions}). Change data.start_date, data.end_date, or "
                "first_session and last_session under data_source_params."
            )
        return sessions, first


@dataclass(frozen=True)
class _Block:
    """Some tickers over all sessions from the paths' beginning; arrays have shape (n_sessions, n_tickers)."""

    params: Synthetic.Params
    tickers: Sequence[str]
    sessions: pd.DatetimeIndex

    def columns(self, first: int) -> dict[str, NDArray[np.float64]]:
        """Return the panel's columns from the session at position `first` on."""
        import numpy as np
        from qlop.engine import SESSION_PARTS, session_bars

        paths, state = self._paths()
        bars = session_bars(
            paths,
            self._normals("bridge", SESSION_PARTS),
            self._uniforms("extremes", 2 * SESSION_PARTS),
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
        state = {"true_variance_annual": paths.variance * _BARS_A_YEAR[self.params.sessions]}
        return paths, state if regimes is None else {**state, "regime": regimes.astype(np.float64)}

    def _process_paths(self, regimes: NDArray[np.int64] | None) -> PricePaths:
        import numpy as np
        from qlop import engine

        process, bar_years = self.params.process, 1.0 / _BARS_A_YEAR[self.params.sessions]
        settings = process.model_dump(exclude={"kind", "regimes", "transition_matrix", "shared"})
        shocks = self._price_shocks()
        if isinstance(process, RegimeSwitching) and regimes is not None:
            mu, sigma = (np.array([getattr(regime, name) for regime in process.regimes]) for name in ("mu", "sigma"))
            return engine.regime_paths(shocks, regimes, mu=mu, sigma=sigma, bar_years=bar_years)
        if isinstance(process, Heston):
            return engine.heston_paths(shocks, self._normals("variance")[..., 0], **settings, bar_years=bar_years)
        if isinstance(process, Merton):
            counts = self._each("jump_counts", lambda stream, n: stream.poisson(process.jump_intensity * bar_years, n))
            jumps = self._normals("jump_sizes")[..., 0]
            return engine.merton_paths(shocks, counts, jumps, **settings, bar_years=bar_years)
        paths_of = engine.garch_paths if isinstance(process, Garch) else engine.geometric_brownian_paths
        return paths_of(shocks, **settings, bar_years=bar_years)

    def _regimes(self) -> NDArray[np.int64] | None:
        import numpy as np
        from qlop.engine import markov_chain

        process = self.params.process
        if not isinstance(process, RegimeSwitching):
            return None
        uniforms = self._shared("regime").random(len(self.sessions))[:, None] if process.shared else None
        uniforms = self._uniforms("regime", 1)[..., 0] if uniforms is None else uniforms
        chain = markov_chain(uniforms, np.array(process.transition_matrix))
        return np.repeat(chain, len(self.tickers), axis=1) if process.shared else chain

    def _price_shocks(self) -> NDArray[np.float64]:
        own, correlation = self._normals("price")[..., 0], self.params.correlation
        market = self._shared("price").standard_normal(len(self.sessions))[:, None]
        shocks: NDArray[np.float64] = correlation**0.5 * market + (1.0 - correlation) ** 0.5 * own
        return shocks

    def _with_events(self, prices: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
        """Return prices as traded, with the volume, dividends and splits that turn them back into the path.

        On an ex-date, shares go to S and each pays q / (1 - q) of its close, so that S (close + dividend) over the
        close before is what the path grows by.
        """
        import numpy as np

        close = prices["close"]
        n_between = round(_BARS_A_YEAR[self.params.sessions] / 4)
        is_paid = (np.arange(1, len(close) + 1) % n_between == 0)[:, None]
        paid = np.where(is_paid, self.params.dividend_yield_annual / 4.0, 0.0)
        kept = close * np.cumprod(1.0 - paid, axis=0)
        split = np.column_stack([_splits(column, self.params.split_above) for column in kept.T])
        factor = np.cumprod((1.0 - paid) / split, axis=0)
        traded = {name: values * factor for name, values in prices.items()}
        noise = _VOLUME_SPREAD * self._normals("volume")[..., 0] - _VOLUME_SPREAD**2 / 2.0
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

    def _normals(self, purpose: str, n_each: int = 1) -> NDArray[np.float64]:
        return self._each(purpose, lambda stream, n: stream.standard_normal((n, n_each)))

    def _uniforms(self, purpose: str, n_each: int) -> NDArray[np.float64]:
        return self._each(purpose, lambda stream, n: stream.random((n, n_each)))

    def _each(self, purpose: str, draw: Callable[[np.random.Generator, int], NDArray[Any]]) -> NDArray[Any]:
        import numpy as np

        n_sessions = len(self.sessions)
        drawn = [draw(_stream(self.params.seed, f"{ticker}/{purpose}"), n_sessions) for ticker in self.tickers]
        return np.stack(drawn, axis=1)

    def _shared(self, purpose: str) -> np.random.Generator:
        return _stream(self.params.seed, f"/{purpose}")


def _stream(seed: int, name: str) -> np.random.Generator:
    """Return the random stream of this name, whatever others there are (Philox: Salmon et al., 2011)."""
    import numpy as np

    key = int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:16], "little")
    return np.random.Generator(np.random.Philox(key=key))


def _splits(close: NDArray[np.float64], above: float | None) -> NDArray[np.float64]:
    import numpy as np

    ratios, level, at = np.ones(len(close)), close.copy(), 0
    while above is not None and (over := np.flatnonzero(level[at:-1] > above)).size:
        at += int(over[0]) + 1
        ratios[at] = 2.0
        level[at:] /= 2.0
    return ratios


def _panel_of(
    blocks: Sequence[dict[str, NDArray[np.float64]]], sessions: pd.DatetimeIndex, tickers: Sequence[str]
) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    levels: list[pd.Index] = [sessions, pd.Index(list(tickers), dtype="str")]
    index = pd.MultiIndex.from_product(levels, names=["timestamp", "ticker"])
    return pd.DataFrame(
        {name: np.concatenate([block[name] for block in blocks], axis=1).ravel() for name in blocks[0]}, index=index
    )
