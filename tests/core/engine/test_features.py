from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import qlop

from core.engine.features import FeaturePipeline

INDEX_NAMES = ["timestamp", "ticker"]


def panel(n_bars: int = 6, tickers: tuple[str, ...] = ("A", "B")) -> pd.DataFrame:
    timestamps = pd.bdate_range("2024-01-01", periods=n_bars, tz="UTC").as_unit("us")
    index = pd.MultiIndex.from_product([timestamps, tickers], names=INDEX_NAMES)
    close = np.arange(1.0, len(index) + 1.0)
    return pd.DataFrame(dict.fromkeys(("open", "high", "low", "close", "volume"), close), index=index)


class Step(qlop.FeatureStepPlugin):
    """Adds what a function makes of the data, under the step's name."""

    lookback = 0
    reads: tuple[str, ...] | None = None

    def __init__(self, name, function, *, lookback=0, reads=None):
        super().__init__(name, qlop.Params())
        self.function, self.lookback, self.reads = function, lookback, reads

    @property
    def lookback_bars(self):
        return self.lookback

    @property
    def input_columns(self):
        return self.reads

    def transform(self, data):
        made = self.function(data)
        return made if isinstance(made, pd.DataFrame) or made is None else pd.DataFrame({self.name: made})


class Centred(qlop.FeatureStepPlugin):
    """Learns the mean of a column from the rows it is fitted on."""

    def __init__(self, name, column):
        super().__init__(name, qlop.Params())
        self.column, self.mean, self.seen = column, 0.0, ()

    def fit(self, data):
        self.mean, self.seen = data[self.column].mean(), data.index

    def transform(self, data):
        return pd.DataFrame({self.name: data[self.column] - self.mean})


def test_features_are_the_steps_columns_in_their_order_and_nothing_else():
    pipeline = FeaturePipeline([Step("b", lambda d: d["close"] * 2.0), Step("a", lambda d: d["close"] * 3.0)])
    features = pipeline.transform(panel())
    assert list(features) == ["b", "a"]
    assert features.index.equals(panel().index)
    np.testing.assert_array_equal(features["a"], panel()["close"] * 3.0)


def test_a_later_step_uses_an_earlier_column():
    pipeline = FeaturePipeline([Step("one", lambda d: d["close"] + 1.0), Step("two", lambda d: d["one"] * 2.0)])
    np.testing.assert_array_equal(pipeline.transform(panel())["two"], (panel()["close"] + 1.0) * 2.0)


def test_each_steps_result_can_be_inspected_by_its_name():
    frames = {"mom_1": 1.0, "mom_2": 2.0}
    pipeline = FeaturePipeline(
        [Step("mom", lambda d: pd.DataFrame(frames, index=d.index)), Step("x", lambda d: d["mom_1"])]
    )
    results = pipeline.inspect(panel())
    assert {name: list(frame) for name, frame in results.items()} == {"mom": ["mom_1", "mom_2"], "x": ["x"]}


def test_the_lookback_adds_up_along_the_columns_that_steps_read():
    a = Step("a", lambda d: d["close"], lookback=20, reads=("close",))
    b = Step("b", lambda d: d["close"], lookback=5, reads=("close",))
    on_b = Step("on_b", lambda d: d["b"], lookback=3, reads=("b",))
    silent = Step("silent", lambda d: d["b"], lookback=1)
    assert FeaturePipeline([a, b]).lookback_bars == 20
    assert FeaturePipeline([a, b, on_b]).lookback_bars == 20
    assert FeaturePipeline([b, on_b]).lookback_bars == 8
    assert FeaturePipeline([a, b, on_b, silent]).lookback_bars == 21


def test_a_step_that_learns_sees_training_rows_only_and_is_asked_for_before_transform():
    learner = Centred("centred", "double")
    pipeline = FeaturePipeline([Step("double", lambda d: d["close"] * 2.0), learner])
    assert pipeline.needs_fit
    with pytest.raises(qlop.DataError, match="'centred' learns from training rows and has seen none"):
        pipeline.transform(panel())
    rows = np.array([0, 1, 2, 5])
    pipeline.fit(panel(), rows)
    assert learner.seen.equals(panel().index[rows])
    np.testing.assert_array_equal(
        pipeline.transform(panel())["centred"], 2.0 * panel()["close"] - 2.0 * (1 + 2 + 3 + 6) / 4
    )


def test_without_training_rows_a_step_learns_from_all():
    learner = Centred("centred", "close")
    FeaturePipeline([learner]).fit(panel())
    assert learner.seen.equals(panel().index)


def test_steps_that_do_not_learn_need_no_fit():
    pipeline = FeaturePipeline([Step("a", lambda d: d["close"])])
    assert not pipeline.needs_fit
    assert pipeline.fit(panel()) is pipeline


def test_steps_see_prices_without_jumps_at_splits():
    prices = panel(4, ("A",)).assign(open=1.0, high=1.0, low=1.0, close=[8.0, 4.0, 4.0, 1.0], volume=10.0)
    prices["split"] = [1.0, 2.0, 1.0, 4.0]
    pipeline = FeaturePipeline([Step("c", lambda d: d["close"]), Step("v", lambda d: d["volume"])])
    features = pipeline.transform(prices)
    np.testing.assert_array_equal(features["c"], [8.0, 8.0, 8.0, 8.0])
    np.testing.assert_array_equal(features["v"], [10.0, 5.0, 5.0, 1.25])


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda d: None, "'bad' returned a NoneType; it must return a DataFrame"),
        (lambda d: pd.DataFrame(index=d.index), "'bad' added no column"),
        (lambda d: d["close"].iloc[:-1], "'bad' returned 11 rows on another index than its input of 12 rows"),
        (lambda d: d["close"].iloc[::-1], "must be neither added, dropped nor reordered"),
        (lambda d: d["close"].astype("float32"), "column 'bad' of dtype float32; it must be float64"),
        (
            lambda d: pd.DataFrame({"mom": d["close"]}),
            "column 'mom'; its columns must be named 'bad' or 'bad_<suffix>'",
        ),
        (lambda d: pd.DataFrame({"badly": d["close"]}), "column 'badly'; its columns must be named"),
        (
            lambda d: pd.DataFrame({"bad_good": d["close"]}),
            "'bad_good', which the panel or an earlier step has already",
        ),
        (lambda d: pd.concat([d["close"], d["close"]], axis=1, keys=["bad", "bad"]), "column 'bad' twice"),
        (lambda d: d["close"] / (d["close"] - 3.0), r"gives inf in column 'bad' of A at 2024-01-02 \(1 such values\)"),
    ],
)
def test_a_step_that_breaks_its_promises_is_refused_by_name(function, message):
    pipeline = FeaturePipeline([Step("bad_good", lambda d: d["close"]), Step("bad", function)])
    with pytest.raises(qlop.DataError, match=message):
        pipeline.transform(panel())


def test_no_steps_or_two_of_one_name_are_refused():
    with pytest.raises(qlop.DataError, match="has no step"):
        FeaturePipeline([])
    with pytest.raises(qlop.DataError, match="Two feature steps are named 'a'"):
        FeaturePipeline([Step("a", lambda d: d["close"]), Step("a", lambda d: d["open"])])


def test_a_panel_out_of_order_is_refused():
    with pytest.raises(qlop.DataError, match="rows are not sorted"):
        FeaturePipeline([Step("a", lambda d: d["close"])]).transform(panel().iloc[::-1])
