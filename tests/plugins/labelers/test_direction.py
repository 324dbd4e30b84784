from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from qlop.testing import LabelerContractSuite

from plugins.labelers.direction import Direction
from plugins.labelers.forward_return import ForwardReturn


class TestDirection(LabelerContractSuite):
    plugin_class = Direction


class TestDirectionShort(LabelerContractSuite):
    plugin_class = Direction
    params: ClassVar = {"side": "short", "fill": "next_close"}


def labels_of(panel, terms, **params):
    return Direction("label", Direction.Params(**params)).label(panel, terms=terms)


def test_the_target_is_one_where_the_return_is_above_the_threshold(one_ticker, terms_for):
    # A rise of a quarter, which floating point holds exactly.
    rows = [("2024-01-04", *(100.0,) * 4), ("2024-01-05", *(100.0,) * 4), ("2024-01-08", *(125.0,) * 4)]
    panel = one_ticker(rows)
    for threshold, expected in ((0.0, 1.0), (0.2499, 1.0), (0.25, 0.0), (0.3, 0.0)):
        labels = labels_of(panel, terms_for(panel), horizon_bars=1, threshold_return=threshold)
        np.testing.assert_array_equal(labels["target"], [expected, np.nan, np.nan])


def test_a_return_of_nothing_is_not_above_nothing_for_either_side(one_ticker, terms_for):
    panel = one_ticker([(f"2024-01-0{day}", *(100.0,) * 4) for day in (2, 3, 4)])
    for side in ("long", "short"):
        assert labels_of(panel, terms_for(panel), horizon_bars=1, side=side)["target"].iloc[0] == 0.0


def test_the_long_side_is_the_sign_of_the_forward_return(random_panel, terms_for):
    panel = random_panel(8)
    terms = terms_for(panel)
    labels = labels_of(panel, terms, horizon_bars=4)
    returns = ForwardReturn("label", ForwardReturn.Params(horizon_bars=4)).label(panel, terms=terms)
    known = returns["target"].notna()
    assert (labels["target"].notna() == known).all()
    assert (labels["target"][known] == (returns["target"][known] > 0.0)).all()
    np.testing.assert_array_equal(labels["payoff"], returns["payoff"])


def test_a_shorts_payoff_is_the_fall_less_borrow_fee_and_costs(one_ticker, terms_for):
    rows = [("2024-01-04", *(100.0,) * 4), ("2024-01-05", *(100.0,) * 4), ("2024-01-08", *(90.0,) * 4)]
    panel = one_ticker(rows)
    labels = labels_of(panel, terms_for(panel, borrow_fee_annual=0.036), horizon_bars=1, side="short")
    assert labels["position_return"].iloc[0] == pytest.approx(0.1)
    assert labels["payoff"].iloc[0] == pytest.approx(0.1 - 0.036 * 3 / 360 - 0.0005 * 1.9, abs=1e-15)
    assert labels["target"].iloc[0] == 1.0
