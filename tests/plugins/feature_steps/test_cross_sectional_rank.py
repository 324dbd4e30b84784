from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import qlop
from qlop.testing import FeatureStepContractSuite

from core.engine.features import FeaturePipeline
from plugins.feature_steps.cross_sectional_rank import CrossSectionalRank
from plugins.feature_steps.momentum import Momentum


class TestCrossSectionalRank(FeatureStepContractSuite):
    plugin_class = CrossSectionalRank
    params: ClassVar = {"column": "close"}


def panel_of_closes(rows: list[dict[str, float]]) -> pd.DataFrame:
    timestamps = pd.date_range("2024-01-01", periods=len(rows), tz="UTC").as_unit("us")
    stacked = pd.DataFrame(rows, index=timestamps).stack()
    stacked.index = stacked.index.set_names(["timestamp", "ticker"])
    close = stacked.dropna()
    return pd.DataFrame(dict.fromkeys(("open", "high", "low", "close", "volume"), close))


def ranks(rows, **params):
    step = CrossSectionalRank("rank", CrossSectionalRank.Params(column="close", **params))
    return step.transform(panel_of_closes(rows))["rank"].unstack().to_numpy()


def test_ranks_go_from_0_to_1_and_ties_share_their_average():
    found = ranks([{"A": 5.0, "B": 1.0, "C": 9.0}, {"A": 2.0, "B": 2.0, "C": 1.0}])
    np.testing.assert_allclose(found, [[0.5, 0.0, 1.0], [0.75, 0.75, 0.0]])


def test_centred_ranks_go_from_minus_a_half_to_a_half():
    np.testing.assert_allclose(ranks([{"A": 5.0, "B": 1.0, "C": 9.0}], centred=True), [[0.0, -0.5, 0.5]])


def test_bars_with_too_few_tickers_have_no_rank():
    found = ranks([{"A": 5.0, "B": 1.0, "C": 9.0}, {"A": 5.0, "B": 1.0}], min_assets=3)
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


def test_a_column_of_an_earlier_step_is_ranked():
    steps = [
        Momentum("mom", Momentum.Params(horizons_bars=(1,))),
        CrossSectionalRank("rank", CrossSectionalRank.Params(column="mom_1")),
    ]
    features = FeaturePipeline(steps).transform(panel_of_closes([{"A": 5.0, "B": 100.0}, {"A": 6.0, "B": 101.0}]))
    np.testing.assert_allclose(features["rank"], [np.nan, np.nan, 1.0, 0.0])


def test_an_absent_column_is_named_with_what_there_is():
    step = CrossSectionalRank("rank", CrossSectionalRank.Params(column="mom_9"))
    with pytest.raises(qlop.DataError, match=r"ranks column 'mom_9', which is not there; .* open, high, low, close"):
        step.transform(panel_of_closes([{"A": 5.0, "B": 1.0}]))
