"""What a run hears of a source of this machine: each ticker once, and an end as soon as it is asked to stop."""

import sqlite3

import pandas as pd
import pytest
import qlop

from core.contracts.data_access import NoAccess
from plugins.data_sources.files import Files
from plugins.data_sources.parquet_lake import ParquetLake
from plugins.data_sources.sample import Sample
from plugins.data_sources.sql import Sql
from plugins.data_sources.synthetic import Synthetic

TICKERS = ("AAPL", "IBM", "MSFT")


class Heard(NoAccess):
    """Notes what it is told; asks to stop after so many tickers."""

    def __init__(self, stops_at=None):
        self.steps, self._stops_at = [], stops_at

    def progress(self, ticker, done, total):
        self.steps.append((ticker, done, total))
        self.check_cancelled()

    def check_cancelled(self):
        if self._stops_at is not None and len(self.steps) >= self._stops_at:
            raise qlop.RunCancelled("asked to stop")


def rows():
    days = pd.bdate_range("2004-03-01", periods=5).strftime("%Y-%m-%d")
    one = {"open": 10.0, "high": 12.0, "low": 9.0, "close": 11.0, "volume": 100.0}
    return pd.DataFrame([{"date": day, "ticker": ticker, **one} for ticker in TICKERS for day in days])


def one_file(folder):
    rows().to_csv(folder / "all.csv", index=False)
    return Files("files", Files.Params(path=str(folder / "all.csv")))


def a_file_each(folder):
    for ticker, own in rows().groupby("ticker"):
        own.drop(columns="ticker").to_csv(folder / f"{ticker}.csv", index=False)
    return Files("files", Files.Params(path=str(folder / "*.csv")))


def lake(folder):
    rows().to_parquet(folder / "all.parquet", index=False)
    return ParquetLake("parquet_lake", ParquetLake.Params(path=str(folder / "all.parquet")))


def database(folder, **params):
    with sqlite3.connect(folder / "p.db") as connection:
        rows().to_sql("prices", connection, index=False)
    connection.close()
    return Sql("sql", Sql.Params(sqlite_file=str(folder / "p.db"), table="prices", batch_rows=2, **params))


def kept_database(folder):
    return database(folder, cached=True, tickers_at_once=1)


def sample(_folder):
    return Sample("sample", Sample.Params())


def synthetic(_folder):
    return Synthetic("synthetic", Synthetic.Params(n_tickers=3, last_session="2000-03-01"))


SOURCES = [one_file, a_file_each, lake, database, kept_database, sample, synthetic]


@pytest.mark.parametrize("make", SOURCES)
def test_each_ticker_is_told_once_up_to_the_last(tmp_path, make):
    source = make(tmp_path)
    source.access = heard = Heard()
    panel = source.load_data(None, None, None, "1d")
    tickers, done, totals = zip(*heard.steps, strict=True)
    assert sorted(tickers) == sorted(panel.index.unique("ticker"))
    assert done == tuple(range(1, len(tickers) + 1))
    assert totals[-1] == len(tickers)


@pytest.mark.parametrize("make", SOURCES)
def test_a_run_that_was_asked_to_stop_loads_nothing_more(tmp_path, make):
    source = make(tmp_path)
    source.access = heard = Heard(stops_at=1)
    with pytest.raises(qlop.RunCancelled):
        source.load_data(None, None, None, "1d")
    assert len(heard.steps) == 1
