from __future__ import annotations

from math import log
from statistics import mean, stdev

import numpy as np
import pytest
from qlop.testing import FeatureStepContractSuite

from plugins.feature_steps.volume_z_score import VolumeZScore

VOLUMES = [100.0, 120.0, 80.0, 300.0]


class TestVolumeZScore(FeatureStepContractSuite):
    plugin_class = VolumeZScore


def scores(panel, **params):
    return VolumeZScore("vz", VolumeZScore.Params(windows_bars=(3,), **params)).transform(panel)["vz_3"]


def test_z_score_by_hand(one_ticker):
    found = scores(one_ticker([10.0] * 4, volume=VOLUMES), logarithmic=False)
    assert found.iloc[:2].isna().all()
    assert found.iloc[3] == pytest.approx((300 - mean(VOLUMES[1:])) / stdev(VOLUMES[1:]))


def test_logarithmic_z_score_by_hand(one_ticker):
    logs = [log(1 + volume) for volume in VOLUMES[1:]]
    found = scores(one_ticker([10.0] * 4, volume=VOLUMES))
    assert found.iloc[3] == pytest.approx((logs[-1] - mean(logs)) / stdev(logs))


def test_volume_that_does_not_vary_has_no_score_but_zero_volume_may_have_one(one_ticker):
    found = scores(one_ticker([10.0] * 6, volume=[7.0, 7.0, 7.0, 0.0, 0.0, 0.0]))
    assert found.notna().tolist() == [False, False, False, True, True, False]
    assert np.isfinite(found.iloc[3])
