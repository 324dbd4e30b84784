"""The embedded prices: whose they are, what they hold, and that their parts agree."""

import hashlib
import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import qlop
from qlop.testing import DataSourceContractSuite

from core.config.sections import LoadDataConfig
from core.engine.load import load_panel
from core.engine.panel import check_panel
from core.engine.panel_findings import adjustment_disagreements, unadjusted_splits
from core.engine.previous_rows import previous_close
from core.engine.session_gaps import session_gaps
from plugins.data_sources import sample
from plugins.data_sources.sample import BENCHMARKS, STOCKS, Sample

FOLDER = Path(sample.__file__).parent / "sample_data"


def load(
    tickers: tuple[str, ...] | None = None, start: date | None = None, end: date | None = None, interval: str = "1d"
) -> pd.DataFrame:
    return Sample("sample", Sample.Params()).load_data(tickers, start, end, interval)


@pytest.fixture(scope="module")
def stocks() -> pd.DataFrame:
    return load()


def test_every_embedded_file_has_the_sha256_that_its_sources_file_states() -> None:
    stated = dict(
        re.findall(
            r"^\| (\S+\.(?:csv|csv\.gz)) \| ([0-9a-f]{64}) \|$", (FOLDER / "SOURCES.md").read_text(), re.MULTILINE
        )
    )
    assert sorted(stated) == sorted(path.name for path in FOLDER.iterdir() if ".csv" in path.suffixes)
    for name, digest in stated.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest, name


def test_the_five_stocks_are_the_default_with_the_bars_that_are_documented(stocks: pd.DataFrame) -> None:
    assert stocks.groupby(level="ticker").size().to_dict() == {
        "AAPL": 3270,
        "FB": 196,
        "GOOG": 2148,
        "IBM": 3270,
        "MSFT": 3270,
    }
    days = stocks.index.get_level_values("timestamp")
    assert (str(days[0].date()), str(days[-1].date())) == ("2000-03-01", "2013-03-01")


def test_all_embedded_bars_pass_the_door_without_gaps_or_forgotten_splits() -> None:
    panel = load((*STOCKS, *BENCHMARKS))
    check_panel(panel, origin="sample")
    assert session_gaps(panel).empty
    assert unadjusted_splits(panel).empty
    assert adjustment_disagreements(panel, tolerance=1e-9).empty


def test_dividends_and_splits_reproduce_the_sources_adjusted_close(stocks: pd.DataFrame) -> None:
    growth = stocks["split"] * (stocks["close"] + stocks["dividend"]) / previous_close(stocks)
    published = stocks["adjusted_close"] / previous_close(stocks.assign(close=stocks["adjusted_close"]))
    assert (growth / published - 1.0).abs().max() < 1e-12
    for ticker in STOCKS:
        own = stocks.xs(ticker, level="ticker")
        steps = growth.xs(ticker, level="ticker").to_numpy()
        rebuilt = own["adjusted_close"].iloc[-1] / np.append(np.cumprod(steps[:0:-1])[::-1], 1.0)
        np.testing.assert_allclose(rebuilt, own["adjusted_close"], rtol=1e-12)


@pytest.mark.parametrize(
    ("ticker", "day", "dividend", "split"),
    [
        ("AAPL", "2000-06-21", 0.0, 2.0),
        ("AAPL", "2005-02-28", 0.0, 2.0),
        ("AAPL", "2012-08-09", 2.65, 1.0),
        ("MSFT", "2003-02-18", 0.0, 2.0),
        ("MSFT", "2004-11-15", 3.08, 1.0),
        ("IBM", "2010-05-06", 0.65, 1.0),
    ],
)
def test_known_corporate_actions_stand_on_their_ex_dates(
    stocks: pd.DataFrame, ticker: str, day: str, dividend: float, split: float
) -> None:
    bar = stocks.loc[(pd.Timestamp(day, tz="UTC"), ticker)]
    assert (bar["dividend"], bar["split"]) == (dividend, split)


def test_ibm_pays_each_quarter_and_fb_and_goog_never_pay(stocks: pd.DataFrame) -> None:
    paid = (stocks["dividend"] > 0.0).groupby(level="ticker").sum().to_dict()
    assert paid == {"AAPL": 3, "FB": 0, "GOOG": 0, "IBM": 52, "MSFT": 37}
    assert int((stocks["split"] != 1.0).sum()) == 3


def test_the_rate_is_twelve_times_the_months_bill_rate_on_each_of_its_bars(stocks: pd.DataFrame) -> None:
    rate = stocks["risk_free_rate_annual"].groupby(level="timestamp").first()
    march = rate[(rate.index >= "2000-03-01") & (rate.index < "2000-04-01")]
    assert len(march) == 23
    assert march.to_numpy() == pytest.approx(12 * 0.47 / 100, rel=1e-15)
    assert rate.between(0.0, 0.07).all()


def test_benchmarks_come_only_when_they_are_named() -> None:
    panel = load(("NASDAQ",))
    assert list(panel.index.get_level_values("ticker").unique()) == ["NASDAQ"]
    assert len(panel) == 3270
    assert (panel["dividend"] == 0.0).all()


def test_sp500_opens_are_unusable_as_documented() -> None:
    panel = load(("SP500",))
    early = panel[panel.index.get_level_values("timestamp") < pd.Timestamp("2006-01-01", tz="UTC")]
    same = np.isclose(early["open"], previous_close(early), rtol=1e-6, atol=0.0).mean()
    assert 0.93 < same < 0.98


@pytest.mark.parametrize("adjustment", ["raw", "splits", "total_return"])
def test_every_adjustment_works_and_gives_the_same_returns(adjustment: str) -> None:
    data = LoadDataConfig.model_validate(
        {
            "data_source_type": "sample",
            "adjustment": adjustment,
            "min_history_bars": 252,
            "tickers": [*STOCKS, "NASDAQ"],
        }
    )
    loaded = load_panel(Sample("sample", Sample.Params()), data)
    assert loaded.left_out == {"FB": 196}
    assert loaded.findings == ()
    panel = loaded.panel
    growth = (panel["close"] + panel.get("dividend", 0.0)) * panel.get("split", 1.0) / previous_close(panel)
    published = load((*STOCKS, "NASDAQ"))["adjusted_close"].reindex(panel.index)
    expected = published / previous_close(panel.assign(close=published))
    np.testing.assert_allclose(growth, expected, rtol=1e-12)


def test_dates_are_cut_at_both_ends() -> None:
    panel = load(("IBM",), date(2004, 3, 6), date(2004, 3, 9))
    assert [day.day for day in panel.index.get_level_values("timestamp")] == [8, 9]


def test_an_unknown_ticker_is_answered_with_the_nearest_and_all() -> None:
    with pytest.raises(qlop.DataError, match=r"no ticker 'APPL'\. Did you mean AAPL\? All: AAPL, FB, GOOG, IBM, MSFT"):
        load(("APPL",))


def test_another_interval_is_refused() -> None:
    with pytest.raises(qlop.DataError, match="has no '1h' bars; it holds daily ones"):
        load(interval="1h")


def test_dates_outside_are_refused_with_the_dates_that_are_held() -> None:
    with pytest.raises(
        qlop.DataError, match="no bar from 2014-01-01 to the last bar; it holds 2000-03-01 to 2013-03-01"
    ):
        load(start=date(2014, 1, 1))


def test_a_named_ticker_without_bars_in_the_dates_is_refused_with_its_own() -> None:
    with pytest.raises(qlop.DataError, match=r"no bar of FB .* it holds FB from 2012-05-18 to 2013-03-01"):
        load(("IBM", "FB"), end=date(2010, 1, 1))


def test_the_default_leaves_away_a_stock_that_was_not_listed_yet() -> None:
    assert "FB" not in load(end=date(2010, 1, 1)).index.get_level_values("ticker")


class TestSample(DataSourceContractSuite):
    plugin_class = Sample
