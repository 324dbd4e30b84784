"""The contract of data sources."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from core.contracts.data_access import DataAccess, NoAccess
from core.contracts.plugin import Plugin

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DataSourcePlugin"]


class DataSourcePlugin(Plugin):
    """Where prices come from.

    Capabilities: "simulated" says that nobody has traded at the prices, so that they may lie in the future.

    Promises: what is returned is a price panel as the source holds it. The source sorts, fills and drops nothing; the
    engine checks the panel at the door, applies the config's `adjustment` and cuts it to the dates. A source that waits
    (for a network, a database) tells its progress by `access` and asks it now and then whether the run is cancelled.

    Attributes
    ----------
    access : DataAccess
        The run's events and the cache of bars, set before `load_data` is called; outside of runs nobody hears and
        nothing is kept.
    price_indices : frozenset of str
        Tickers that are price indices: comparisons with them say that dividends are missing, and runs that trade them
        say that nobody can.
    default_tickers : tuple of str or None
        What is loaded where no ticker is named; empty where some must be; None: all that it holds.
    survivorship : str
        What is wrong with which instruments it holds, in a sentence for the summary; empty where it cannot be known.
    remarks : mapping of str to str
        What has to be known of a ticker before it is traded, in a sentence; that its opens copy a close is then left
        to it.
    """

    access: DataAccess = NoAccess()

    price_indices: ClassVar[frozenset[str]] = frozenset()
    default_tickers: ClassVar[tuple[str, ...] | None] = None
    survivorship: ClassVar[str] = ""
    remarks: ClassVar[Mapping[str, str]] = MappingProxyType({})

    @abstractmethod
    def load_data(
        self, tickers: Sequence[str] | None, start: date | None, end: date | None, interval: str
    ) -> pd.DataFrame:
        """Return a price panel.

        Parameters
        ----------
        tickers : sequence of str or None
            Which instruments; None means the source's own default.
        start, end : date or None
            First and last session, both included; None means as far as the source goes.
        interval : str
            Bar length, such as "1d".

        Returns
        -------
        DataFrame
            Indexed by (timestamp, ticker): timestamp UTC, sorted and unique; daily bars bear their session's date at
            00:00. Columns open, high, low, close, volume as float64, raw as traded. Optional: adjusted_close, dividend
            (cash a share on the ex-date), split (ratio on the ex-date, 1 elsewhere), risk_free_rate_annual (known at
            that bar, simple, act/360), and the source's own. A source whose prices come adjusted says so in
            `attrs["adjustment"]`: "splits" or "total_return". One that knows them says what the prices of a ticker are
            in by `attrs["currencies"]` ({"VOD.L": "GBp"}); dividends are in the same. What looks odd to the source
            itself stands in `attrs["findings"]`, sentences for the run's summary.

        Raises
        ------
        DataError
            If a ticker is unknown, an interval is not held, or a file breaks the panel's form.
        """
