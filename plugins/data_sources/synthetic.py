"""Simulated prices of which the truth is known, for tests and teaching. docs/data.md shows them at work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import qlop
from pydantic import Field, model_validator

from plugins.data_sources._synthetic_processes import Gbm, Process

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

_BARS_AT_MOST = 20_000_000
_TICKERS_AT_ONCE = 64
_BARS_AT_ONCE = 2**18


class Synthetic(qlop.DataSourcePlugin):
    """Seeded simulated bars: geometric Brownian motion, Heston, Merton, Markov regimes, GARCH(1,1).

    The same seed gives the same bytes. Each ticker draws from random streams of its own (Philox, keyed by seed, ticker
    and purpose), so that further tickers or later dates leave every other bar as it was.
    """

    name = "synthetic"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    capabilities = frozenset({"simulated"})
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
        from plugins.data_sources._synthetic_block import SimulatedBlock

        wanted = self._wanted(tickers)
        sessions, first = self._sessions(start, end)
        columns: dict[str, NDArray[np.float64]] = {}
        for block_of in self._each_block(wanted, len(sessions)):
            block = SimulatedBlock(self.params, wanted[block_of], sessions).columns(first)
            for name in list(block):
                _put_in(columns, name, block.pop(name), block_of, len(wanted))
        return _panel_of(columns, sessions[first:], wanted)

    def _each_block(self, wanted: Sequence[str], n_sessions: int) -> Iterator[slice]:
        at_once = max(1, min(_TICKERS_AT_ONCE, _BARS_AT_ONCE // n_sessions))
        for at in range(0, len(wanted), at_once):
            self.access.check_cancelled()
            yield slice(at, at + at_once)
            for done, ticker in enumerate(wanted[at : at + at_once], start=at + 1):
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


def _put_in(
    columns: dict[str, NDArray[np.float64]], name: str, values: NDArray[np.float64], tickers: slice, n_tickers: int
) -> None:
    """Put some tickers' values into the column of all."""
    import numpy as np

    if name not in columns:
        columns[name] = np.empty((len(values), n_tickers))
    columns[name][:, tickers] = values


def _panel_of(
    columns: dict[str, NDArray[np.float64]], sessions: pd.DatetimeIndex, tickers: Sequence[str]
) -> pd.DataFrame:
    import pandas as pd

    levels: list[pd.Index] = [sessions, pd.Index(list(tickers), dtype="str")]
    index = pd.MultiIndex.from_product(levels, names=["timestamp", "ticker"])
    # Each column is an array of its own, and stays one: whoever adjusts a column does not copy the others.
    return pd.DataFrame({name: values.reshape(-1) for name, values in columns.items()}, index=index, copy=False)
