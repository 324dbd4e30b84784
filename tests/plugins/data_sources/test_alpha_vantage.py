"""AlphaVantage's daily bars, from a server of this machine: what they are, what is kept, and what is refused."""

import importlib.util
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from qlop.testing import DataSourceContractSuite

from plugins.data_sources.alpha_vantage import AlphaVantage

# Tests have no packages to import each other from.
_SPEC = importlib.util.spec_from_file_location(
    "alpha_vantage_server", Path(__file__).with_name("alpha_vantage_server.py")
)
server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(server)
service = server.service
params = server.params
Kept = server.Kept
load = server.load
refusal = server.refusal
SPENT = server.SPENT


class TestAlphaVantage(DataSourceContractSuite):
    plugin_class = AlphaVantage
    tickers = ("AAPL", "IBM")

    @pytest.fixture(autouse=True)
    def _served(self, params):
        self.served = params

    def params_in(self, folder: Path):
        return self.served


def test_daily_bars_are_raw_with_dividends_and_splits(params, service):
    panel = load(params, ["AAPL", "IBM"])
    assert list(panel.columns) == ["open", "high", "low", "close", "volume", "dividend", "split"]
    assert len(panel) == 800
    own = panel.xs("AAPL", level="ticker")
    assert own["dividend"][own["dividend"] != 0.0].to_dict() == {service.days[200].tz_localize("UTC"): 0.25}
    assert own["split"][own["split"] != 1.0].to_dict() == {service.days[300].tz_localize("UTC"): 2.0}
    assert own["close"].iloc[-1] == float(f"{service._price(service.days[-1], 'AAPL'):.4f}")
    assert panel.attrs == {"adjustment": "raw"}


def test_every_ticker_is_told(params):
    access = Kept()
    load(params, ["IBM", "AAPL"], access=access)
    assert access.done == [("IBM", 1, 2), ("AAPL", 2, 2)]


def test_what_is_kept_is_not_asked_for_again(params, service):
    access = Kept()
    first = load(params, end=date(2024, 6, 1), access=access)
    again = load(params, end=date(2024, 6, 1), access=access)
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert len(service.asked) == 1


def test_an_interrupted_download_goes_on_with_the_ticker_that_lacks(params, service):
    access = Kept()
    service.says = [(200, service._daily({"symbol": "AAPL", "outputsize": "full"})), (200, SPENT)]
    assert "used up" in refusal(params, ["AAPL", "IBM"], end=date(2024, 6, 1), access=access)
    load(params, ["AAPL", "IBM"], end=date(2024, 6, 1), access=access)
    assert [query["symbol"] for query in service.asked] == ["AAPL", "IBM", "IBM"]


def test_recent_bars_are_asked_for_in_the_compact_form(params, service):
    service.days = pd.bdate_range(end=datetime.now(UTC).date(), periods=400)
    panel = load(params, start=datetime.now(UTC).date() - timedelta(days=30))
    assert [query["outputsize"] for query in service.asked] == ["compact"]
    assert 18 <= len(panel) <= 23


def test_a_compact_answer_that_does_not_reach_back_is_followed_by_a_full_one(params, service):
    # An instrument that trades on all days of the week.
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    service.days = pd.date_range(end=yesterday, periods=400)
    panel = load(params, start=yesterday - timedelta(days=120))
    assert [query["outputsize"] for query in service.asked] == ["compact", "full"]
    assert len(panel) == 121


def test_rewritten_history_is_fetched_anew(params, service):
    access = Kept()
    load(params, end=date(2024, 3, 1), access=access)
    service.scale = 0.5
    panel = load(params, access=access)
    assert panel["close"].max() < 60


def test_refresh_asks_for_everything_anew(params, service):
    access = Kept()
    load(params, end=date(2024, 3, 1), access=access)
    service.cells = {f"{service.days[0]:%Y-%m-%d}": {"6. volume": "77"}}
    assert 77.0 not in set(load(params, end=date(2024, 3, 1), access=access)["volume"])
    assert 77.0 in set(load({**params, "refresh": True}, end=date(2024, 3, 1), access=access)["volume"])
    assert 77.0 in set(load(params, end=date(2024, 3, 1), access=access)["volume"])


def test_a_bar_that_is_refused_is_not_kept(params, service):
    access = Kept()
    service.cells = {"2024-06-03": {"2. high": "1.0"}}
    assert "below its low" in refusal(params, end=date(2024, 6, 10), access=access)
    service.cells = {}
    assert load(params, end=date(2024, 6, 10), access=access).index[-1][0].date() == date(2024, 6, 10)


def test_a_session_that_has_not_ended_is_left_out_and_told(params, service):
    tomorrow = datetime.now(UTC).date() + timedelta(days=2)
    service.days = pd.date_range(end=tomorrow, periods=400)
    access = Kept()
    panel = load(params, access=access)
    assert panel.index[-1][0].date() <= datetime.now(UTC).date()
    assert any(f"the bar of {panel.index[-1][0] + timedelta(days=1):%Y-%m-%d}" in told for _, told in access.told)


def test_dates_without_bars_are_refused(params):
    assert "has no '1d' bars of 'AAPL' from 1990-01-01 to 1991-01-01" in refusal(
        params, start=date(1990, 1, 1), end=date(1991, 1, 1)
    )


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ({"tickers": None}, "Name yours under data.tickers"),
        ({"interval": "1wk"}, "has no '1wk' bars; it has 1d and 1m, 5m, 15m, 30m, 60m, 1h"),
        ({"interval": "5m"}, "Set data.start_date"),
    ],
)
def test_what_cannot_be_asked_is_refused_without_a_call(params, service, wanted, part):
    assert part in refusal(params, **wanted)
    assert service.asked == []


@pytest.mark.parametrize(
    ("cells", "part"),
    [
        ({"4. close": "abc"}, "AAPL at 2024-06-03, close: 'abc' is no number"),
        ({"4. close": None}, "AAPL at 2024-06-03, close: None stands where a number in quotes is due"),
        ({"4. close": 10.5}, "10.5 stands where a number in quotes is due"),
        ({"2. high": "1.0"}, "AAPL at 2024-06-03 00:00:00+00:00: high of AAPL at 2024-06-03 is 1.0, below its low"),
        ({"6. volume": "-1"}, "volume of AAPL at 2024-06-03 is -1.0"),
    ],
)
def test_a_cell_that_is_no_price_is_named(params, service, cells, part):
    service.cells = {"2024-06-03": cells}
    assert part in refusal(params)


def test_every_parameter_is_documented():
    page = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
    section = page.split("## `alpha_vantage`")[1].split("\n## ")[0]
    assert [name for name in AlphaVantage.Params.model_fields if name not in section] == []
