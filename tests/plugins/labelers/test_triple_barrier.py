"""By hand: closes that alternate make the volatility known, entry at 100, barriers at 100 (1 +- multiple s)."""

from __future__ import annotations

from math import log, sqrt
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from qlop.testing import LabelerContractSuite

from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms
from core.engine.look_ahead import check_label_end
from plugins.labelers.triple_barrier import TripleBarrier

SIGMA = log(1.02) * sqrt(2)
"""Sample deviation of the log returns +ln 1.02 and -ln 1.02."""
BEFORE = [(100.0,) * 4, (102.0,) * 4, (100.0,) * 4]


class TestTripleBarrier(LabelerContractSuite):
    plugin_class = TripleBarrier


class TestTripleBarrierOfAShort(LabelerContractSuite):
    plugin_class = TripleBarrier
    params: ClassVar = {"side": "short", "target": "return", "volatility_scale": "horizon"}


@pytest.fixture
def first_label(one_ticker, terms_for):
    """The label decided on the third bar, 2024-01-03, given the bars that follow; the fourth bar is the entry's.

    Calm bars go on to the vertical barrier, the open of Tuesday 2024-01-09, unless `ends` says that the data end.
    """

    def label(following, *, ends=False, terms_changes=None, **params):
        rows = [*BEFORE, *following, *[CALM] * (0 if ends else 4 - len(following))]
        dates = pd.bdate_range("2024-01-01", periods=len(rows))
        panel = one_ticker([(date, *row) for date, row in zip(dates, rows, strict=True)])
        params = {
            "horizon_bars": 3,
            "volatility_window_bars": 2,
            "profit_multiple": 2.0,
            "stop_multiple": 1.0,
            **params,
        }
        labeler = TripleBarrier("label", TripleBarrier.Params(**params))
        return labeler.label(panel, terms=terms_for(panel, **(terms_changes or {}))).iloc[2]

    return label


CALM = (100.0, 100.5, 99.5, 100.0)
UPPER, LOWER = 100 * (1 + 2 * SIGMA), 100 * (1 - SIGMA)


def test_a_high_beyond_the_profit_barrier_leaves_there(first_label):
    label = first_label([CALM, (101.0, 107.0, 100.0, 105.0), CALM])
    assert (label["target"], label["outcome"]) == (1.0, 1.0)
    assert label["position_return"] == pytest.approx(2 * SIGMA)


def test_a_low_beyond_the_stop_leaves_there(first_label):
    label = first_label([(100.0, 101.0, 97.0, 98.0), CALM, CALM])
    assert (label["target"], label["outcome"]) == (0.0, -1.0)
    assert label["position_return"] == pytest.approx(-SIGMA)


def test_a_bar_that_holds_both_barriers_counts_as_the_stop(first_label):
    assert first_label([CALM, (100.0, 107.0, 97.0, 100.0), CALM])["outcome"] == -1.0


def test_an_open_beyond_a_barrier_leaves_at_the_open_whatever_the_bar_does_later(first_label):
    up = first_label([CALM, (108.0, 108.0, 90.0, 91.0), CALM])
    assert (up["outcome"], up["position_return"]) == (1.0, pytest.approx(0.08))
    down = first_label([CALM, (92.0, 120.0, 91.0, 119.0), CALM])
    assert (down["outcome"], down["position_return"]) == (-1.0, pytest.approx(-0.08))


def test_barriers_are_touched_where_they_lie(first_label):
    assert first_label([CALM, (100.0, UPPER + 1e-9, 99.0, 100.0)])["outcome"] == 1.0
    assert first_label([CALM, (100.0, 101.0, LOWER - 1e-9, 100.0)])["outcome"] == -1.0
    assert first_label([CALM, (100.0, UPPER - 1e-9, LOWER + 1e-9, 100.0)])["outcome"] == 0.0


def test_what_touches_nothing_leaves_at_the_open_after_the_horizon(first_label):
    label = first_label([CALM, CALM, CALM, (101.0, 130.0, 70.0, 101.0)])
    assert (label["target"], label["outcome"]) == (0.0, 0.0)
    assert label["position_return"] == pytest.approx(0.01)
    assert label["label_end"] == pd.Timestamp("2024-01-09", tz="UTC")
    gapped = first_label([CALM, CALM, CALM, (107.0, 130.0, 70.0, 101.0)])
    assert (gapped["outcome"], gapped["position_return"]) == (1.0, pytest.approx(0.07))


def test_the_label_ends_at_the_vertical_barrier_whatever_is_touched_before(first_label):
    for path in ([CALM, CALM], [CALM, (101.0, 107.0, 100.0, 105.0)], [(100.0, 101.0, 97.0, 98.0)]):
        assert first_label(path)["label_end"] == pd.Timestamp("2024-01-09", tz="UTC")


def test_data_that_end_before_the_vertical_barrier_resolve_nothing_touched_or_not(first_label):
    assert first_label([CALM, CALM, CALM], ends=True).isna().all()
    assert first_label([CALM, (101.0, 107.0, 100.0, 105.0), CALM], ends=True).isna().all()
    assert first_label([CALM, (101.0, 107.0, 100.0, 105.0), CALM, CALM], ends=True)["target"] == 1.0


def test_which_labels_have_ended_by_a_bar_does_not_depend_on_what_came_of_them(random_panel, terms_for):
    panel = random_panel(3)
    labeler = TripleBarrier("label", TripleBarrier.Params(horizon_bars=6, volatility_window_bars=5))
    labels = labeler.label(panel, terms=terms_for(panel))
    assert set(labels["outcome"].dropna()) == {-1.0, 0.0, 1.0}
    for _, rows in labels.groupby(level="ticker"):
        own = rows.index.get_level_values("timestamp").to_series(index=rows.index)
        expected = own.shift(-7).where(np.arange(len(rows)) >= 5)
        pd.testing.assert_series_equal(rows["label_end"], expected, check_names=False)


def test_a_shorts_barriers_are_mirrored(first_label):
    fall = first_label([CALM, (99.0, 100.0, 93.0, 94.0)], side="short")
    assert (fall["outcome"], fall["position_return"]) == (1.0, pytest.approx(2 * SIGMA))
    rise = first_label([CALM, (101.0, 103.0, 93.0, 94.0)], side="short")
    assert (rise["outcome"], rise["position_return"]) == (-1.0, pytest.approx(-SIGMA))


def test_the_horizon_scale_widens_the_barriers_by_its_root(first_label):
    rise = [CALM, (101.0, 107.0, 100.0, 105.0), CALM, (104.0,) * 4]
    assert first_label(rise, volatility_scale="horizon")["outcome"] == 0.0
    rise[1] = (101.0, 100 * (1 + 2 * SIGMA * sqrt(3)) + 1e-9, 100.0, 105.0)
    assert first_label(rise, volatility_scale="horizon")["position_return"] == pytest.approx(2 * SIGMA * sqrt(3))


def test_a_barrier_of_none_is_never_touched(first_label):
    crash = [CALM, (50.0,) * 4, (101.0, 107.0, 100.0, 105.0)]
    assert first_label(crash, stop_multiple=None)["outcome"] == 1.0
    with pytest.raises(ValidationError, match="'profit_first' is never 1"):
        TripleBarrier.Params(profit_multiple=None)


def test_the_target_can_be_the_sign_or_the_return_at_the_touch(first_label):
    slow_rise = [CALM, CALM, CALM, (101.0,) * 4]
    assert first_label(slow_rise, target="positive_return")["target"] == 1.0
    assert first_label(slow_rise, target="return")["target"] == pytest.approx(0.01)
    assert TripleBarrier("label", TripleBarrier.Params(target="return")).task == "regression"


def test_the_payoff_is_financed_until_the_touch_only(first_label):
    # Entry on Thursday 2024-01-04, touch on Friday the 5th: one day of 4.5 %.
    label = first_label([CALM, (101.0, 107.0, 100.0, 105.0), CALM])
    expected = 2 * SIGMA - 0.045 / 360 - 0.0005 * (2 + 2 * SIGMA)
    assert label["payoff"] == pytest.approx(expected, abs=1e-15)


def test_prices_that_do_not_move_have_no_barriers(one_ticker, terms_for):
    dates = pd.bdate_range("2024-01-01", periods=10)
    panel = one_ticker([(date, *(100.0,) * 4) for date in dates])
    labeler = TripleBarrier("label", TripleBarrier.Params(horizon_bars=2, volatility_window_bars=2))
    assert labeler.label(panel, terms=terms_for(panel))["target"].isna().all()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), horizon=st.integers(1, 8), side=st.sampled_from(["long", "short"]))
def test_bars_after_the_vertical_barrier_do_not_change_a_label(seed, horizon, side):
    rng = np.random.default_rng(seed)
    timestamps = pd.bdate_range("2024-01-01", periods=50, tz="UTC").as_unit("us")
    index = pd.MultiIndex.from_product([timestamps, ["AAA"]], names=["timestamp", "ticker"])
    close = 50.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, 50)))
    open_ = close * np.exp(rng.normal(0.0, 0.01, 50))
    high, low = np.maximum(open_, close) * 1.005, np.minimum(open_, close) * 0.995
    panel = pd.DataFrame({"open": open_, "high": high, "low": low, "close": close, "volume": 1.0}, index=index)
    params = TripleBarrier.Params(horizon_bars=horizon, volatility_window_bars=5, profit_multiple=1.0, side=side)
    terms = BrokerTerms(FinancingTerms(np.full(50, 0.03)), FeeTerms(fee_bps=5.0))
    assert check_label_end(TripleBarrier("label", params), panel, terms, cuts=49).n_values > 0
