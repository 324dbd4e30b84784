from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import qlop

from core.contracts.broker_terms import BrokerTerms, FinancingTerms
from core.engine.features import FeaturePipeline
from core.engine.look_ahead import check_label_end, check_no_look_ahead

TERMS = BrokerTerms(FinancingTerms(np.full(40, 0.03)))


def panel() -> pd.DataFrame:
    timestamps = pd.bdate_range("2024-01-01", periods=40, tz="UTC").as_unit("us")
    index = pd.MultiIndex.from_product([timestamps, ["AAPL", "IBM"]], names=["timestamp", "ticker"])
    close = np.random.default_rng(0).uniform(50.0, 60.0, len(index))
    return pd.DataFrame(dict.fromkeys(("open", "high", "low", "close", "volume"), close), index=index)


class Step(qlop.FeatureStepPlugin):
    """Adds what a function makes of the data."""

    def __init__(self, name, function):
        super().__init__(name, qlop.Params())
        self.function = function

    def transform(self, data):
        return pd.DataFrame({self.name: self.function(data)}, index=data.index)


def by_ticker(data):
    return data.groupby(level="ticker")["close"]


LEAKS = {
    "next_bar": lambda d: by_ticker(d).shift(-1),
    "whole_sample_mean": lambda d: d["close"] - d["close"].mean(),
    "centred_window": lambda d: by_ticker(d).transform(lambda c: c.rolling(5, center=True).mean()),
    "filled_backward": lambda d: by_ticker(d).transform(lambda c: c.where(c > 55.0).bfill()),
    "length_of_the_data": lambda d: np.full(len(d), float(len(d))),
}


@pytest.mark.parametrize("leak", sorted(LEAKS))
def test_a_planted_look_ahead_is_found_and_named(leak):
    pipeline = FeaturePipeline([Step("honest", lambda d: d["close"]), Step(leak, LEAKS[leak])])
    with pytest.raises(qlop.LookAheadError, match=rf"Feature '{leak}' of (AAPL|IBM) at 2024-") as error:
        check_no_look_ahead(pipeline, panel(), cuts=10, seed=0)
    assert "are removed" in str(error.value)
    assert "it looks ahead" in str(error.value)


def test_the_message_names_the_bar_the_cut_and_both_values():
    def leak(data):
        last = data.index.get_level_values("timestamp")[-1]
        return np.where(data.index == (pd.Timestamp("2024-01-01", tz="UTC"), "IBM"), float(last.day), 0.0)

    only_cut = panel().iloc[:4]
    message = (
        r"Feature 'day' of IBM at 2024-01-01 changes when bars after 2024-01-01 are removed \(2 becomes 1\): "
        "it looks ahead"
    )
    with pytest.raises(qlop.LookAheadError, match=message):
        check_no_look_ahead(FeaturePipeline([Step("day", leak)]), only_cut, cuts=1, seed=0)


def test_an_honest_pipeline_passes_and_says_what_was_not_seen():
    rolling = Step("rolling", lambda d: by_ticker(d).transform(lambda c: c.rolling(5).mean()))
    check = check_no_look_ahead(FeaturePipeline([rolling]), panel(), cuts=7, seed=3)
    assert len(check.cuts) == 7
    assert check.n_values == sum(2 * (panel().index.unique(level="timestamp") <= cut).sum() for cut in check.cuts)
    assert "prices adjusted with later knowledge" in check.cannot_see
    assert "survived" in check.cannot_see


def test_the_same_seed_samples_the_same_cuts_and_never_the_last_bar():
    pipeline = FeaturePipeline([Step("price", lambda d: d["close"])])
    first, again, other = (check_no_look_ahead(pipeline, panel(), cuts=5, seed=seed).cuts for seed in (1, 1, 2))
    assert first == again != other
    all_of_them = check_no_look_ahead(pipeline, panel(), cuts=99, seed=0).cuts
    assert all_of_them == tuple(panel().index.unique(level="timestamp")[:-1])


def test_a_difference_below_the_tolerance_is_rounding():
    pipelines = [
        FeaturePipeline([Step("x", lambda d, size=size: d["close"] * (1.0 + size * len(d)))]) for size in (1e-13, 1e-9)
    ]
    check_no_look_ahead(pipelines[0], panel(), cuts=5)
    with pytest.raises(qlop.LookAheadError):
        check_no_look_ahead(pipelines[1], panel(), cuts=5)


@pytest.mark.parametrize(("cuts", "bars"), [(0, 80), (3, 2)])
def test_a_check_of_nothing_is_refused(cuts, bars):
    pipeline = FeaturePipeline([Step("price", lambda d: d["close"])])
    with pytest.raises(qlop.DataError, match="it needs at least 1 cut and 2 bars"):
        check_no_look_ahead(pipeline, panel().iloc[:bars], cuts=cuts)


class NextClose(qlop.LabelerPlugin):
    """The next close, with a `label_end` that is `claimed` bars ahead."""

    task = "regression"

    def __init__(self, claimed):
        super().__init__("next_close", qlop.Params())
        self.claimed = claimed

    def label(self, data, *, terms):
        assert len(terms.financing.base_rate_annual) == len(data.index.unique(level="timestamp"))
        timestamps = data.index.get_level_values("timestamp").to_series(index=data.index)
        return pd.DataFrame(
            {
                "target": by_ticker(data).shift(-1),
                "label_end": timestamps.groupby(level="ticker").shift(-self.claimed),
            }
        )


def test_a_label_that_reads_beyond_its_end_is_found_and_named():
    with pytest.raises(
        qlop.LookAheadError, match=r"Label column 'target' of AAPL .* depends on bars after its label_end"
    ):
        check_label_end(NextClose(claimed=0), panel(), TERMS, cuts=5)


def test_a_label_that_ends_where_it_says_passes():
    assert check_label_end(NextClose(claimed=1), panel(), TERMS, cuts=5).n_values > 0
