"""A slow database's bars from the cache, and only what is missing from the database: `cached: true`.

What is fetched is checked before it is kept, with its rows in the messages: a bar that is refused today is asked for
again once it was corrected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from plugins.data_sources._sql_question import Wanted

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd
    from pydantic import JsonValue
    from qlop.engine import BarRows, RowGathering

    from plugins.data_sources._sql_database import Database
    from plugins.data_sources._sql_reading import Reading
    from plugins.data_sources.sql import Sql

__all__ = ["kept_and_missing_rows"]

_WHAT_BARS_ARE = {
    "table",
    "schema_name",
    "query",
    "columns",
    "timestamp_format",
    "timezone",
    "no_corporate_actions",
    "rate_in_percent",
}
"""Parameters that decide what is read; the others say where it is, how it travels, or what to make of it."""


def kept_and_missing_rows(
    source: Sql, database: Database, reading: Reading, wanted: Wanted, interval: str
) -> tuple[BarRows, Callable[[int], str]]:
    """Return the wanted rows, of which the database is asked for what is not kept, and their names.

    Raises
    ------
    DataError
        If a ticker has no row, or what is fetched breaks a promise of the price panel.
    """
    tickers = list(wanted.tickers or reading.every_ticker())
    gathered, has_one_form = _gathered(
        source, database, reading, wanted, tickers, interval, refresh=source.params.refresh
    )
    if not has_one_form:
        source.access.log(f"{reading.origin} has other columns than what is kept of it; everything is read anew")
        gathered, _ = _gathered(source, database, reading, wanted, tickers, interval, refresh=True)
    reading.refuse_missing(wanted, gathered.tickers)
    rows = gathered.taken()
    return rows, lambda row: f"{reading.origin}, kept or new, {rows.ticker_of(row)}"


def _gathered(
    source: Sql,
    database: Database,
    reading: Reading,
    wanted: Wanted,
    tickers: Sequence[str],
    interval: str,
    *,
    refresh: bool,
) -> tuple[RowGathering, bool]:
    """Return the wanted rows, and whether all have the same columns: a query's may be others than it had."""
    import pandas as pd
    from qlop.engine import RowGathering, incremental_tickers

    def fetch(asked: Sequence[str], start: date | None, end: date | None) -> Mapping[str, pd.DataFrame]:
        return _fetched(reading, Wanted(asked, start, end))

    bars_of_each = incremental_tickers(
        source.access,
        {ticker: _key(source, database, reading, ticker, interval) for ticker in tickers},
        wanted.start,
        wanted.end,
        fetch,
        interval=interval,
        overlap_bars=source.params.overlap_bars,
        refresh=refresh,
        at_once=source.params.tickers_at_once,
    )
    gathered, forms = RowGathering(), set()
    for done, (ticker, bars) in enumerate(bars_of_each, start=1):
        source.access.progress(ticker, done, len(tickers))
        if len(bars):
            columns = {str(name): bars[name].to_numpy() for name in bars.columns if name != "timestamp"}
            gathered.add(pd.Categorical([ticker] * len(bars)), pd.DatetimeIndex(bars["timestamp"]), columns)
            forms.add(frozenset(columns))
    return gathered, len(forms) <= 1


def _key(source: Sql, database: Database, reading: Reading, ticker: str, interval: str) -> dict[str, JsonValue]:
    """Return what the bars of a ticker depend on. The user is in it as a hash, for users may see different rows.

    So are the table's columns: bars of before it had dividends are not its bars any more.
    """
    columns = reading.columns_of_table
    return {
        "source": source.name,
        "form": 1,
        "database": database.identity,
        "ticker": ticker,
        "interval": interval,
        "columns": None if columns is None else dict(columns),
        "params": source.params.model_dump(mode="json", include=_WHAT_BARS_ARE),
    }


def _fetched(reading: Reading, wanted: Wanted) -> dict[str, pd.DataFrame]:
    from qlop.engine import panel_from_rows

    rows, place_of = reading.rows(wanted, tell=False)
    if not len(rows):
        return {}
    panel = panel_from_rows(rows, origin=reading.origin, origin_of_row=place_of, time_order="any")
    by_ticker = panel.reset_index().groupby("ticker", sort=False, observed=True)
    return {str(ticker): bars.drop(columns="ticker").reset_index(drop=True) for ticker, bars in by_ticker}
