"""Real daily prices that travel with QLOP. sample_data/SOURCES.md says whose they are and what was done to them."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import qlop

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    import pandas as pd

STOCKS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")
BENCHMARKS = ("NASDAQ", "SP500")

_FOLDER = Path(__file__).parent / "sample_data"
_COLUMNS = {
    "Ticker": "ticker",
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Close": "close",
    "Volume": "volume",
    "Adj Close": "adjusted_close",
}


class Sample(qlop.DataSourcePlugin):
    """Embedded real prices: five US stocks, two indices and the Treasury bill rate, daily from 2000 to 2013.

    The stocks AAPL, FB, GOOG, IBM and MSFT are the default; FB has 196 bars. The price indices NASDAQ and SP500 come
    only when they are named, and SP500's opens cannot be used. Prices are raw, with adjusted_close, dividend and split,
    so that every adjustment works; risk_free_rate_annual is twelve times the month's bill rate.
    """

    name = "sample"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    default_tickers: ClassVar[tuple[str, ...] | None] = STOCKS
    price_indices: ClassVar[frozenset[str]] = frozenset(BENCHMARKS)
    remarks: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"SP500": "SP500's opens often repeat the close before: a fill at the open is at the price of the day before."}
    )
    survivorship: ClassVar[str] = (
        "The tickers were picked knowing which companies lived on and did well. Nobody had that list at the start: "
        "every long position below is flattered by it, a leveraged one more."
    )

    def load_data(
        self, tickers: Sequence[str] | None, start: date | None, end: date | None, interval: str
    ) -> pd.DataFrame:
        """Return the embedded bars of the tickers that lie from start to end.

        Raises
        ------
        DataError
            If a ticker is not embedded, the interval is not "1d", or a ticker that was named has no bar in the dates.
        """
        if interval != "1d":
            raise qlop.DataError(
                f"Data source {self.name!r} has no {interval!r} bars; it holds daily ones. Set data.interval to '1d'."
            )
        wanted = STOCKS if tickers is None else tuple(tickers)
        for ticker in wanted:
            self._refuse_unknown(ticker)
        self.access.check_cancelled()
        held = _embedded(wanted)
        for done, ticker in enumerate(wanted, start=1):
            self.access.progress(ticker, done, len(wanted))
        panel = _between(held, start, end)
        self._refuse_without_bars(held, panel, wanted if tickers is not None else (), start, end)
        return panel

    def _refuse_unknown(self, ticker: str) -> None:
        every = (*STOCKS, *BENCHMARKS)
        if ticker in every:
            return
        near = get_close_matches(ticker.upper(), every, n=2, cutoff=0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise qlop.DataError(
            f"Data source {self.name!r} has no ticker {ticker!r}.{hint} All: {', '.join(every)}. For other instruments "
            "use the data source 'files'."
        )

    def _refuse_without_bars(
        self, held: pd.DataFrame, panel: pd.DataFrame, named: Sequence[str], start: date | None, end: date | None
    ) -> None:
        asked = f"from {start or 'the first bar'} to {end or 'the last bar'}"
        for ticker in named:
            if not (panel.index.get_level_values("ticker") == ticker).any():
                own = held.xs(ticker, level="ticker").index
                raise qlop.DataError(
                    f"Data source {self.name!r} has no bar of {ticker} {asked}; it holds {ticker} from "
                    f"{own[0].date()} to {own[-1].date()}. Change data.start_date, data.end_date or data.tickers."
                )
        if panel.empty:
            days = held.index.get_level_values("timestamp")
            raise qlop.DataError(
                f"Data source {self.name!r} has no bar {asked}; it holds {days[0].date()} to {days[-1].date()}. "
                "Change data.start_date or data.end_date."
            )


def _embedded(tickers: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    files = ["stocks.csv.gz"] if set(tickers) & set(STOCKS) else []
    files += ["benchmarks.csv.gz"] if set(tickers) & set(BENCHMARKS) else []
    bars = pd.concat([pd.read_csv(_FOLDER / file) for file in files], ignore_index=True)
    bars = bars[bars["Ticker"].isin(tickers)].rename(columns=_COLUMNS)
    bars["timestamp"] = pd.to_datetime(bars["Date"], format="%Y-%m-%d", utc=True).dt.as_unit("us")
    panel = bars.set_index(["timestamp", "ticker"])[list(_COLUMNS.values())[1:]].astype("float64").sort_index()
    return panel.assign(**_events_of(panel), risk_free_rate_annual=_rate_of(panel))


def _events_of(panel: pd.DataFrame) -> dict[str, pd.Series]:
    import pandas as pd

    events = pd.read_csv(_FOLDER / "corporate_actions.csv")
    events["timestamp"] = pd.to_datetime(events["date"], format="%Y-%m-%d", utc=True).dt.as_unit("us")
    events = events.set_index(["timestamp", "ticker"]).astype({"dividend": "float64", "split": "float64"})
    return {
        "dividend": events["dividend"].reindex(panel.index, fill_value=0.0),
        "split": events["split"].reindex(panel.index, fill_value=1.0),
    }


def _rate_of(panel: pd.DataFrame) -> pd.Series:
    import pandas as pd

    monthly = pd.read_csv(_FOLDER / "risk_free_rate.csv", index_col="month")["percent_a_month"]
    months = pd.DatetimeIndex(panel.index.get_level_values("timestamp")).strftime("%Y-%m")
    return pd.Series(12.0 * monthly.reindex(months).to_numpy() / 100.0, index=panel.index)


def _between(panel: pd.DataFrame, start: date | None, end: date | None) -> pd.DataFrame:
    import pandas as pd

    days = panel.index.get_level_values("timestamp")
    first = days[0] if start is None else pd.Timestamp(start, tz="UTC")
    last = days[-1] if end is None else pd.Timestamp(end, tz="UTC")
    return panel[(days >= first) & (days <= last)]
