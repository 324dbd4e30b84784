"""Each run asks its own features, labels and strategies what they would have said with the future cut off."""

import shutil
from pathlib import Path

import pytest

PLUGINS = {
    "feature_steps/peek.py": '''
import pandas as pd
import qlop


class Peek(qlop.FeatureStepPlugin):
    """Tells the return of the next five bars."""

    name = "peek"
    version = "1.0.0"

    def transform(self, data):
        close = data["close"].groupby(level="ticker")
        return pd.DataFrame({self.name: close.shift(-5) / data["close"] - 1.0})
''',
    "labelers/early.py": '''
import qlop


class Early(qlop.LabelerPlugin):
    """Tells the return of the next bar, and says that it had ended before."""

    name = "early"
    version = "1.0.0"
    task = "regression"

    def label(self, data, *, terms):
        close = data["close"].groupby(level="ticker")
        labels = (close.shift(-1) / data["close"] - 1.0).to_frame("target")
        known = data.index.get_level_values("timestamp").to_series(index=data.index)
        return labels.assign(label_end=known.where(labels["target"].notna()))
''',
    "strategies/seer.py": '''
import qlop


class Seer(qlop.StrategyPlugin):
    """Holds what will rise."""

    name = "seer"
    version = "1.0.0"

    def generate_signals(self, panel, predictions):
        later = panel["close"].groupby(level="ticker").shift(-1)
        return (later > panel["close"]).astype("float64").rename("exposure") / 2


class Confessed(Seer):
    """The same, and says so."""

    name = "confessed"
    looks_ahead = True


class Hindsight(qlop.StrategyPlugin):
    """Holds what turned out well: it reads the predictions' target."""

    name = "hindsight"
    version = "1.0.0"
    needs_predictions = True

    def generate_signals(self, panel, predictions):
        return predictions["target"].reindex(panel.index).rename("exposure") / 2
''',
}


@pytest.fixture(scope="module", autouse=True)
def planted(modes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    for name, source in PLUGINS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(source.lstrip(), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QLOP_PLUGIN_PATH", str(folder))
        yield folder
    shutil.rmtree(Path(folder))


def told(modes):
    return [event.payload.message for event in modes.seen if hasattr(event.payload, "level")]


def test_a_feature_that_knows_the_future_ends_the_run(modes, small):
    small["features"].append({"name": "soon", "feature_step_type": "peek"})
    outcome = modes.run("train", small)
    assert outcome.status == "failed"
    assert outcome.error.startswith("Features: Feature 'soon' of AAPL at 200")
    assert "when bars after" in outcome.error
    assert "it looks ahead. Compute it from bars up to its own only" in outcome.error


def test_a_label_that_ends_later_than_it_says_ends_the_run(modes, small):
    outcome = modes.run("train", {**small, "label": {"labeler_type": "early"}})
    assert outcome.status == "failed"
    assert outcome.error.startswith("Label: Label column 'target' of ")
    assert "it depends on bars after its label_end" in outcome.error


@pytest.mark.parametrize("strategy", ["seer", "hindsight"])
def test_a_strategy_that_knows_the_future_ends_the_run(modes, small, trained, strategy):
    config = {**small, "strategy": {"strategy_type": strategy}, "backtest": {"predictions_run": trained.run_id}}
    outcome = modes.run("backtest", config)
    assert outcome.status == "failed"
    assert outcome.error.startswith("Strategy 'strategy': Column 'exposure' of ")
    assert "it looks ahead. Decide it from bars up to its own, and from no target or label_end" in outcome.error


def test_a_baseline_is_asked_too(modes, small):
    baselines = {"oracle": {"strategy_type": "seer"}}
    rule = {"strategy_type": "constant_leverage"}
    outcome = modes.run("backtest", {**small, "strategy": rule, "backtest": {"baselines": baselines}})
    assert outcome.error.startswith("Strategy 'oracle': ")


def test_a_strategy_that_says_so_itself_is_left_to_the_verdict(modes, small):
    outcome = modes.run("backtest", {**small, "strategy": {"strategy_type": "confessed"}})
    assert outcome.status == "completed", outcome.error
    assert not any("strategy 'strategy'" in line for line in told(modes))


def test_a_run_says_what_was_looked_at_and_repeats_it(modes, small):
    lines = []
    for _ in range(2):
        assert modes.run("pipeline", small).status == "completed"
        lines.append([line for line in told(modes) if line.startswith("No look-ahead found")])
    assert lines[0] == lines[1]
    assert [line.split(":")[0] for line in lines[0]] == [
        "No look-ahead found, features",
        "No look-ahead found, label",
        "No look-ahead found, strategy 'strategy'",
    ]
    assert all("with all bars after 3 sampled ones removed" in line for line in lines[0])
