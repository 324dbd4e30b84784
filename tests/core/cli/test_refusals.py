"""What is wrong is refused before anything is written, with exit code 2 and the option that is wrong."""

import json
import os
import signal
import time

import pytest

RULE = ("--set", "strategy.strategy_type=constant_leverage")
UNKNOWN = "5b0c9d1e-8f0a-4b7e-9b53-3f1f6f0d2a11"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set", "splits.train_bars=0"), "--set splits.train_bars: splits.train_bars is 0; it must be at least 1."),
        (
            ("--set", "model.model_params.penalty_strength=-1"),
            "qlop: --set model.model_params.penalty_strength: model.model_params: penalty_strength is -1",
        ),
        (("--set", "data.tickers=[]"), "--set data.tickers: data.tickers is []; it must have at least 1 entry."),
        (
            ("--set", "data.end_date=1990-01-01"),
            "small.yaml with --set data.end_date: data: start_date 2006-01-03 is after end_date 1990-01-01.",
        ),
        (("--set", "label=null"), "qlop: --set label: mode 'pipeline' needs the section 'label'"),
        (("--seed", "-1"), "Invalid value for '--seed'"),
        (("--set", "mode=train"), "--set mode=train contradicts the command, whose mode is pipeline."),
    ],
)
def test_an_option_that_is_wrong_is_blamed_itself(qlop, arguments, said):
    done = qlop.call("run", "pipeline", "-c", "small.yaml", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert not qlop.run_folders()


def test_a_file_that_is_wrong_is_blamed_beside_options_that_are_right(qlop):
    wrong = qlop.folder / "wrong.yaml"
    wrong.write_text(qlop.config.read_text().replace("train_bars: 400", "train_bars: 0"))
    done = qlop.call("run", "pipeline", "-c", "wrong.yaml", "--set", "splits.test_bars=100")
    assert "qlop: wrong.yaml: splits.train_bars is 0" in done.stderr


@pytest.fixture(scope="module")
def faultless(shared_qlop):
    """What a command does that says its own mode and disables a plugin that there is."""
    disabled = ("--set", "plugins.disabled=[models/xgboost]")
    return shared_qlop.call("backtest", "-c", shared_qlop.config, *RULE, "--set", "mode=backtest", *disabled)


def test_the_mode_that_the_command_has_anyway_may_be_said(faultless):
    assert faultless.returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("runs", "show", "zzzz"),
        ("runs", "show", "ab"),
        ("runs", "show", UNKNOWN),
        ("runs", "restore", UNKNOWN),
        ("backtest", "-c", "small.yaml", "--run", "nosuch"),
        ("backtest", "-c", "small.yaml", "--set", "backtest.predictions_run=nosuch"),
        ("export-model", "-c", "small.yaml", "--set", "export.model_run=latest"),
        ("backtest", "-c", "small.yaml", "--stream-to-ws", "abc"),
        ("runs", "list", "--home", "/dev/null/x"),
        ("backtest", "-c", "small.yaml", "--home", "/dev/null/x"),
    ],
)
def test_ids_and_homes_that_are_wrong_end_with_2(qlop, arguments):
    done = qlop.call(*arguments, "--json") if "restore" not in arguments else qlop.call(*arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert not qlop.run_folders()


def test_a_run_that_fails_ends_with_1_whatever_failed(qlop):
    """The label refuses the broker's terms with a config's error, but only once prices are loaded."""
    done = qlop.call("run", "pipeline", "-c", qlop.config, "--set", "label.labeler_params.leverage=2.0", "--json")
    assert json.loads(done.stdout.splitlines()[-1])["status"] == "failed"
    assert done.returncode == 1


def test_a_mode_that_exits_has_failed_and_ends_with_1(qlop):
    folder = _trusted(qlop, "orchestrators", "leaving", LEAVING)
    done = qlop.call("run", "leaving", "-c", qlop.config, "--json")
    assert folder.is_dir()
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["status"] == "failed"


def test_what_a_mode_can_know_before_it_runs_is_refused_with_2(qlop):
    _trusted(qlop, "orchestrators", "picky", PICKY)
    done = qlop.call("run", "picky", "-c", qlop.config, "--set", "execution.initial_cash=13")
    assert done.returncode == 2
    assert "qlop: --set execution.initial_cash: execution.initial_cash is 13.0; linear wants another" in done.stderr
    assert not qlop.run_folders()
    assert qlop.call("run", "picky", "-c", qlop.config).returncode == 0


def test_a_sink_that_would_be_refused_is_refused_before_the_work(qlop):
    sinks = "sinks=[{sink_type: csv, sink_params: {folder: out}}]"
    assert qlop.call("backtest", "-c", qlop.config, *RULE, "--set", sinks).returncode == 0
    before = {path.name: path.read_bytes() for path in (qlop.folder / "out").iterdir()}
    done = qlop.call("backtest", "-c", qlop.config, *RULE, "--set", sinks)
    assert done.returncode == 2
    assert "metrics.csv is there already" in done.stderr
    assert len(qlop.run_folders()) == 1
    report = qlop.call("runs", "rerun", "latest")
    assert report.returncode == 0, report.stderr
    assert "a rerun writes no sinks (left out: csv)" in report.stdout
    assert {path.name: path.read_bytes() for path in (qlop.folder / "out").iterdir()} == before


def test_settings_that_change_nothing_are_warned_of(qlop, faultless):
    more = (os.cpu_count() or 1) + 1
    done = qlop.call(
        "backtest", "-c", qlop.config, *RULE, "--set", f"thread_count={more}", "--set", "plugins.disabled=[models/rigde]"
    )  # fmt: skip
    assert f"warning: thread_count is {more}, but this process may use" in done.stderr
    assert "warning: plugins.disabled names 'models/rigde', which no plugin is" in done.stderr
    assert "load data: 0 of 1" not in done.stderr
    assert "plugins.disabled" not in faultless.stderr


def test_latest_in_a_config_is_written_out(used):
    qlop, _ = used
    trained = qlop.json("train-model", "-c", qlop.config)
    exported = qlop.json("run", "export", "-c", qlop.config, "--set", "export.model_run=latest")
    tested = qlop.json("backtest", "-c", qlop.config, "--set", f"backtest.predictions_run={trained['run_id'][:8]}")
    for outcome, section, field in ((exported, "export", "model_run"), (tested, "backtest", "predictions_run")):
        config = json.loads((qlop.home / "runs" / outcome["run_id"] / "config.json").read_text())
        assert config[section][field] == trained["run_id"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("later_s", [0.0, 0.05, 0.2])
def test_a_signal_while_the_command_loads_ends_with_130_and_no_traceback(qlop, later_s, number):
    process = qlop.start_loading("run", "pipeline", "-c", qlop.config)
    time.sleep(later_s)
    process.send_signal(number)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors


def _trusted(qlop, kind, name, text):
    folder = qlop.folder / ".qlop" / "plugins"
    (folder / kind).mkdir(parents=True)
    (folder / kind / f"{name}.py").write_text(text, encoding="utf-8")
    assert qlop.call("plugins", "trust", folder).returncode == 0
    return folder


LEAVING = '''
"""A mode that ends the process."""
import sys

import qlop


class Leaving(qlop.OrchestratorPlugin):
    """Ends the process."""

    name = "leaving"
    version = "0.1.0"

    def run(self, config, context):
        sys.exit(0)
'''

PICKY = '''
"""A mode that refuses a config."""
import qlop


class Picky(qlop.OrchestratorPlugin):
    """Refuses 13."""

    name = "picky"
    version = "0.1.0"

    def check_config(self, config, make_plugin):
        model = make_plugin("models", config.model.model_type, config.model.model_params)
        if config.execution.initial_cash == 13:
            raise qlop.ConfigError(f"execution.initial_cash is 13.0; {model.name} wants another.")

    def run(self, config, context):
        return qlop.RunResult({}, {}, "done")
'''


INTERRUPTED = """
import qlop


class Interrupted(qlop.StrategyPlugin):
    \"\"\"Meets Ctrl-C inside exec() of a text, as making a dataclass does.\"\"\"

    name = "interrupted"

    def __init__(self, name, params):
        exec("raise KeyboardInterrupt")

    def generate_signals(self, panel, predictions):
        raise AssertionError
"""


def test_ctrl_c_inside_executed_text_ends_with_130_too(qlop, monkeypatch):
    """Python would end the process by SIGINT itself, however the interrupt was handled."""
    folder = qlop.folder / "mine" / "strategies"
    folder.mkdir(parents=True)
    (folder / "interrupted.py").write_text(INTERRUPTED, encoding="utf-8")
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(qlop.folder / "mine"))
    done = qlop.call("backtest", "-c", qlop.config, "--set", "strategy.strategy_type=interrupted")
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
