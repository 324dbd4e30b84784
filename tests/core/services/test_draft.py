"""A config that somebody is still writing: every problem has the path of its field, and nothing that is typed raises."""

import copy

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.services.draft import check_draft
from core.services.presets import preset_config
from core.services.workbench import open_workbench

MODE = '''
import qlop
from pydantic import Field, SecretStr


class Guarded(qlop.OrchestratorPlugin):
    """Needs a key."""

    name = "guarded"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters."""

        api_key: SecretStr = Field(default=SecretStr(""), description="The key.")
        seeds: tuple[int, ...] = Field(default=(1,), description="Seeds.")

    params: Params

    def check_config(self, config, make_plugin):
        if config.title == "crash":
            raise ZeroDivisionError("oh, at x://u:hunter2@h")
        if config.title == "refuse":
            raise qlop.ConfigError("splits.scheme is not what this mode likes.")

    def run(self, config, context):
        return qlop.RunResult(metrics={})
'''


@pytest.fixture
def workbench(tmp_path):
    return open_workbench(tmp_path / "home")


@pytest.fixture
def guarded(tmp_path, monkeypatch, workbench):
    folder = tmp_path / "mine" / "orchestrators"
    folder.mkdir(parents=True)
    (folder / "guarded.py").write_text(MODE, encoding="utf-8")
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(tmp_path / "mine"))
    return workbench


def ready(**changes):
    return {**copy.deepcopy(preset_config("leverage_opportunity")), **changes}


def paths_of(checked):
    return [problem.path for problem in checked.problems]


def test_a_ready_config_is_written_out_as_it_would_run(workbench):
    checked = check_draft(workbench, ready())
    assert checked.problems == ()
    assert yaml.safe_load(checked.yaml_text) == checked.config.model_dump(mode="json")
    assert checked.config.model.model_params["subsample"] == 0.8
    assert checked.command == "qlop run pipeline --config pipeline.yaml"
    assert not workbench.home.path.exists()


@pytest.mark.parametrize(
    ("changes", "path", "told"),
    [
        ({"splits": {"train_bars": 0}}, ("splits", "train_bars"), "at least 1"),
        ({"model": {"model_type": "xgboost", "model_params": {"max_depth": 99}}}, ("model", "model_params", "max_depth"), "at most 30"),
        ({"model": {"model_type": "xgbost"}}, ("model", "model_type"), "Did you mean 'xgboost'"),
        ({"features": [{"name": "a", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": []}}]},
         ("features", 0, "feature_step_params", "horizons_bars"), "at least 1 entry"),
        ({"features": []}, ("features",), "features is missing; mode 'pipeline' needs it."),
        ({"sinks": [{"sink_type": "csv", "sink_params": {}}]}, ("sinks", 0, "sink_params", "folder"), "missing"),
        ({"backtest": {"baselines": {"a": {"strategy_type": "constant_leverage", "strategy_params": {"leverage": "x"}}}}},
         ("backtest", "baselines", "a", "strategy_params", "leverage"), "number"),
        ({"mode": "nothing"}, ("mode",), "No orchestrator named 'nothing'"),
        ({"broker": {"broker_type": "per_share", "broker_params": {}}}, ("data", "adjustment"), "charges by the share"),
        ({"tile": ""}, ("tile",), "Did you mean 'title'"),
        ({"backtest": {"predictions_run": "77777777"}}, ("backtest", "predictions_run"), "77777777"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_field(workbench, changes, path, told):
    checked = check_draft(workbench, ready(**changes))
    assert checked.config is None
    assert paths_of(checked) == [path]
    assert told in checked.problems[0].message
    written = yaml.safe_load(checked.yaml_text)
    assert all(written[name] == value for name, value in changes.items())


def test_all_problems_come_at_once(workbench):
    raw = ready(
        splits={"train_bars": 10}, strategy={"strategy_type": "threshhold"}, broker={"broker_type": "per_share"}
    )
    raw["model"]["model_params"]["max_depth"] = 99
    raw["sinks"] = [{"sink_type": "csv", "sink_params": {}}, {"sink_type": "nothing"}]
    assert set(paths_of(check_draft(workbench, raw))) == {
        ("strategy", "strategy_type"),
        ("model", "model_params", "max_depth"),
        ("sinks", 0, "sink_params", "folder"),
        ("sinks", 1, "sink_type"),
    }


def test_a_strategy_without_predictions_is_refused_by_the_mode_at_its_field(workbench):
    checked = check_draft(workbench, ready(mode="backtest"))
    assert paths_of(checked) == [("strategy", "strategy_type")]
    assert "needs predictions" in checked.problems[0].message


def test_a_sink_says_before_the_run_that_its_folder_is_taken(workbench, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    raw = ready(sinks=[{"sink_type": "csv", "sink_params": {"folder": str(tmp_path / "file")}}])
    assert paths_of(check_draft(workbench, raw)) == [("sinks", 0)]


def test_a_mode_of_a_users_folder_refuses_or_breaks_and_both_are_told(guarded):
    refused = check_draft(guarded, {"mode": "guarded", "title": "refuse"})
    assert paths_of(refused) == [("splits", "scheme")]
    broken = check_draft(guarded, {"mode": "guarded", "title": "crash"})
    assert paths_of(broken) == [("mode",)]
    assert "ZeroDivisionError: oh, at x://u:***@h" in broken.problems[0].message


def test_a_secret_stays_the_reference_that_it_is(guarded):
    checked = check_draft(guarded, {"mode": "guarded", "mode_params": {"api_key": "env:THE_KEY"}})
    assert checked.config.mode_params == {"api_key": "env:THE_KEY", "seeds": [1]}
    assert "env:THE_KEY" in checked.yaml_text


def test_a_secret_in_the_clear_is_refused_and_not_repeated(guarded):
    checked = check_draft(guarded, {"mode": "guarded", "mode_params": {"api_key": "hunter2"}})
    assert paths_of(checked) == [("mode_params", "api_key")]
    assert "env:NAME" in checked.problems[0].message
    assert "hunter2" not in checked.problems[0].message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SECTIONS = ("mode", "title", "data", "features", "label", "model", "splits", "broker", "backtest", "sinks", "plugins")


@given(st.dictionaries(st.sampled_from(SECTIONS), JSON, max_size=4))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_whatever_a_draft_holds_it_is_answered(workbench, changes):
    checked = check_draft(workbench, ready(**changes))
    assert (checked.config is None) == bool(checked.problems)
    assert checked.yaml_text
