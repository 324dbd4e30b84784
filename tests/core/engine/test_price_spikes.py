"""Prices that leave both closes beside them and are gone on the next bar."""

import numpy as np
import pandas as pd
import pytest

from core.config.sections import LoadDataConfig
from core.engine.load import load_panel
from core.engine.panel_findings import unadjusted_splits
from core.engine.price_spikes import SPIKE_FACTOR, price_spikes, spike_findings
from plugins.data_sources.files import Files

DAYS = pd.date_range("2004-03-01", periods=6, freq="D", tz="UTC", unit="us")
PRICES = ["open", "high", "low", "close"]


def panel_of(**closes):
    index = pd.MultiIndex.from_product([DAYS, sorted(closes)], names=["timestamp", "ticker"])
    close = np.column_stack([closes[ticker] for ticker in sorted(closes)]).astype(float).ravel()
    panel = pd.DataFrame(dict.fromkeys(PRICES, close), index=index)
    return panel.assign(high=panel["high"] * 1.01, low=panel["low"] / 1.01, volume=1.0)


CALM = [100.0, 101.0, 100.5, 99.0, 100.0, 101.0]


@pytest.mark.parametrize("factor", [100.0, 37.0, 1.0 / 37.0])
def test_a_bar_of_another_size_between_two_that_agree_is_a_spike(factor):
    panel = panel_of(AAA=CALM, BBB=CALM)
    panel.loc[(DAYS[2], "BBB"), PRICES] *= factor
    (found,) = price_spikes(panel).itertuples()
    assert (found.timestamp, found.ticker, found.next_timestamp) == (DAYS[2], "BBB", DAYS[3])
    assert (found.close_before, found.close_after) == (101.0, 99.0)
    farthest = panel.loc[(DAYS[2], "BBB"), "high" if factor > 1.0 else "low"]
    assert found.price == farthest


@pytest.mark.parametrize(("column", "factor"), [("high", 20.0), ("low", 0.05)])
def test_one_price_of_a_bar_is_enough(column, factor):
    panel = panel_of(AAA=CALM)
    panel.loc[(DAYS[2], "AAA"), column] *= factor
    assert price_spikes(panel)["timestamp"].tolist() == [DAYS[2]]


def test_crashes_that_stay_neighbours_of_a_spike_and_what_real_stocks_reach_are_none():
    level = [100.0, 100.0, 10.0, 10.0, 10.0, 10.0]
    at_its_end = [100.0, 101.0, 100.5, 99.0, 100.0, 5000.0]
    panel = panel_of(CRASH=level, ENDS=at_its_end, BEGINS=at_its_end[::-1], CALM=CALM)
    panel.loc[(DAYS[2], "CALM"), "low"] /= 4.0
    assert price_spikes(panel).empty
    assert SPIKE_FACTOR == 5.0


def test_the_sentence_tells_the_farthest_with_ticker_time_and_closes():
    panel = panel_of(AAA=CALM, BBB=CALM)
    panel.loc[(DAYS[2], "BBB"), PRICES] *= 100.0
    panel.loc[(DAYS[4], "AAA"), "low"] *= 0.1
    (said,) = spike_findings(price_spikes(panel))
    assert said.startswith("2 bars hold prices far from both closes beside them; BBB at 2004-03-03 shows 10,150.5")
    assert "between closes of 101 and 99" in said
    assert said.endswith("correct the bars in the source.")
    assert spike_findings(price_spikes(panel_of(AAA=CALM))) == []


def test_the_door_tells_a_spike_once_and_not_as_two_splits(tmp_path):
    panel = panel_of(AAA=CALM)
    panel.loc[(DAYS[2], "AAA"), PRICES] *= 100.0
    assert len(unadjusted_splits(panel)) == 2
    path = tmp_path / "AAA.csv"
    panel.reset_index().drop(columns="ticker").to_csv(path, index=False)
    source = Files("files", Files.Params(path=str(path), price_adjustment="total_return"))
    loaded = load_panel(source, LoadDataConfig(data_source_type="files"))
    (said,) = loaded.findings
    assert said.startswith("1 bar holds a price far from both closes beside it: AAA at 2004-03-03 shows ")
    assert not loaded.is_adjustment_doubted
