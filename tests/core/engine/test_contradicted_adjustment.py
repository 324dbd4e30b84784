"""An adjusted close beside prices that are said to be adjusted."""

import pandas as pd
import pytest

from core.config.sections import LoadDataConfig
from core.engine.contradicted_adjustment import contradicted_adjustment, contradiction_findings
from core.engine.load import load_panel
from plugins.data_sources.files import Files

DAYS = pd.date_range("2004-03-01", periods=5, freq="D", tz="UTC", unit="us")


def panel_of(adjustment, **factors):
    index = pd.MultiIndex.from_product([DAYS, sorted(factors)], names=["timestamp", "ticker"])
    factor = pd.DataFrame(factors, dtype="float64").stack().to_numpy()
    panel = pd.DataFrame({"close": 100.0, "adjusted_close": 100.0 * factor}, index=index)
    panel.attrs["adjustment"] = adjustment
    return panel


def test_small_steps_of_dividends_add_up_to_a_contradiction():
    found = contradicted_adjustment(panel_of("total_return", DRIFTS=[0.992, 0.992, 0.996, 0.996, 1.0], HALF=[0.5] * 5))
    assert [tuple(row) for row in found.to_numpy()] == [(DAYS[0], "DRIFTS", 2)]


def test_each_ticker_is_told_by_its_first_bar_and_number_of_bars():
    late, early = [1.0, 0.5, 1.0, 1.0, 1.0], [0.5, 0.5, 0.9, 1.0, 1.0]
    found = contradicted_adjustment(panel_of("total_return", AAA=late, BBB=[1.0] * 5, CCC=early))
    assert [tuple(row) for row in found.to_numpy()] == [(DAYS[0], "CCC", 3), (DAYS[1], "AAA", 1)]


@pytest.mark.parametrize("adjustment", ["raw", "splits"])
def test_where_prices_are_not_said_to_be_adjusted_it_is_what_adjusts_them(adjustment):
    assert contradicted_adjustment(panel_of(adjustment, AAA=[0.5, 0.5, 1.0, 1.0, 1.0])).empty


def test_the_sentence_names_the_first_bar_and_what_to_set():
    (said,) = contradiction_findings(contradicted_adjustment(panel_of("total_return", AAA=[0.5, 0.5, 1.0, 1.0, 1.0])))
    assert "on 2 bars, the first of AAA at 2004-03-01: close is taken as it is, adjusted_close is left out." in said
    assert "set price_adjustment to splits" in said
    assert contradiction_findings(contradicted_adjustment(panel_of("total_return", AAA=[0.5] * 5))) == []


def test_the_door_doubts_the_adjustment_then(tmp_path):
    path = tmp_path / "AAA.csv"
    rows = [
        f"2004-03-0{day},1,1.1,0.9,{close},5,{close / factor}"
        for day, close, factor in [(1, 1.0, 2), (2, 1.01, 2), (3, 1.02, 1), (4, 1.0, 1)]
    ]
    path.write_text("\n".join(["Date,Open,High,Low,Close,Volume,Adj Close", *rows]))
    claimed = Files("files", Files.Params(path=str(path), price_adjustment="total_return"))
    loaded = load_panel(claimed, LoadDataConfig(data_source_type="files"))
    (said,) = loaded.findings
    assert said.startswith("Prices are said to be adjusted for splits and dividends, and adjusted_close says")
    assert loaded.is_adjustment_doubted
