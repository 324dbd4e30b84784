"""Bars after the present moment."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from core.config.sections import LoadDataConfig
from core.engine.future_bars import future_bar_findings
from core.engine.load import load_panel
from plugins.data_sources.files import Files
from plugins.data_sources.synthetic import Synthetic

NOW = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)


def panel_of(*moments):
    index = pd.MultiIndex.from_product([pd.DatetimeIndex(moments, tz="UTC"), ["AAA"]], names=["timestamp", "ticker"])
    return pd.DataFrame({"close": 1.0}, index=index)


def test_bars_after_the_present_moment_are_told_with_number_ticker_and_dates():
    (said,) = future_bar_findings(panel_of("2026-11-20", "2026-11-24", "2026-11-25", "2029-02-08"), "1d", NOW)
    assert said == (
        "3 bars lie after the present moment (2026-11-22), from AAA at 2026-11-24 to 2029-02-08: nobody has traded at "
        "these prices. Look at the source's dates and their format, or set data.end_date."
    )


@pytest.mark.parametrize(
    ("interval", "last", "n_findings"),
    [
        ("1d", "2026-11-22", 0),
        ("1d", "2026-11-23", 0),  # a session in Auckland has begun
        ("1d", "2026-11-24", 1),
        ("1mo", "2026-11-30", 0),  # the month that goes on, dated by its end
        ("1mo", "2026-12-31", 1),
        ("1h", "2026-11-22 13:00", 0),
        ("1h", "2026-11-23 14:00", 1),
    ],
)
def test_the_present_session_and_dates_of_bars_that_go_on_are_let_pass(interval, last, n_findings):
    assert len(future_bar_findings(panel_of("2026-10-30", last), interval, NOW)) == n_findings


def test_the_door_tells_it_of_a_file_and_not_of_simulated_prices(tmp_path):
    path = tmp_path / "AAA.csv"
    rows = [f"2190-01-{day:02},1,1.1,0.9,{1 + day / 100},5" for day in range(1, 9)]
    path.write_text("\n".join(["date,open,high,low,close,volume", *rows]))
    source = Files("files", Files.Params(path=str(path), price_adjustment="total_return"))
    (said,) = load_panel(source, LoadDataConfig(data_source_type="files")).findings
    assert said.startswith("8 bars lie after the present moment (")
    ahead = Synthetic.Params(n_tickers=1, first_session=date(2190, 1, 1), last_session=date(2190, 2, 1))
    assert load_panel(Synthetic("synthetic", ahead), LoadDataConfig(data_source_type="synthetic")).findings == ()
