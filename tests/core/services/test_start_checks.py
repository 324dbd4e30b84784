"""What plugins know to be wrong before a run begins is refused without a trace, at its field."""

import json

import pytest

from core.base.errors import ConfigError
from core.services.draft import check_draft
from core.services.run_mode import RunRequest, run_mode
from core.services.workbench import open_workbench

SMALL = {
    "mode": "train",
    "seed": 3,
    "thread_count": 1,
    "data": {"data_source_type": "sample", "tickers": ["AAPL"], "start_date": "2006-01-03", "end_date": "2008-12-31"},
    "features": [{"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5]}}],
    "label": {"labeler_type": "direction"},
    "model": {"model_type": "linear"},
    "splits": {"train_bars": 300, "test_bars": 100},
}


def model(name, **params):
    return {"model": {"model_type": name, "model_params": params}}


def imported(path, **arguments):
    network = {"kind": "module", "import_path": path, "arguments": arguments}
    return model("custom_network", network=network)


def source(name, **params):
    return {"data": {"data_source_type": name, "tickers": ["IBM"], "data_source_params": params}}


IMPORT_PATH = ("model", "model_params", "network", "module", "import_path")
HUGE_LAYERS = [{"kind": "linear", "width": 65_536}] * 60
NETWORK = ("import torch\n", "class Net(torch.nn.Module):\n    def __init__(self, n_inputs, n_outputs, width): ...\n")

DEMEANING = """
import torch
class Net(torch.nn.Module):
    def __init__(self, n_inputs, n_outputs):
        super().__init__()
        self.output = torch.nn.Linear(n_inputs, n_outputs)
    def forward(self, inputs):
        return self.output(inputs - inputs.mean(dim=0))
"""
# Nothing is known of it with 8 inputs, and then it ends the process.
PARTICULAR = """
import os, torch
class Net(torch.nn.Module):
    def __init__(self, n_inputs, n_outputs, ends):
        super().__init__()
        print("no line end", end="")
        if ends:
            os._exit(3)
        raise AssertionError("3 inputs it must be")
"""

WRONG = {
    "device": (model("mlp", device="cuda"), ("model", "model_params", "device"), "finds no CUDA device"),
    "device of a member": (
        model(
            "ensemble", members=[{"model_type": "linear"}, {"model_type": "mlp", "model_params": {"device": "cuda"}}]
        ),
        ("model", "model_params", "members", 1, "model_params", "device"),
        "finds no CUDA device",
    ),
    "size": (
        model("mlp", hidden_widths=[65_536] * 60),
        ("model", "model_params", "hidden_widths"),
        "and this machine has",
    ),
    "device of a final model": (
        model(
            "ensemble",
            method="stacking",
            members=[{"model_type": "linear"}],
            final_model={"model_type": "mlp", "model_params": {"device": "cuda"}},
        ),
        ("model", "model_params", "final_model", "model_params", "device"),
        "finds no CUDA device",
    ),
    "size of layers": (
        model("custom_network", network={"layers": HUGE_LAYERS, "kind": "layers"}),
        ("model", "model_params", "network", "layers", "layers"),
        "and this machine has",
    ),
    "no module": (imported("nowhere_at_all.net:Net"), IMPORT_PATH, "there is no module 'nowhere_at_all'"),
    "no inner module": (imported("json.nowhere:Net"), IMPORT_PATH, "No module named 'json.nowhere'"),
    "no network": (imported("json:dumps"), IMPORT_PATH, "must be a class that inherits torch.nn.Module"),
    "wrong argument": (
        imported("my_network:Net", width=3, widht=3),
        IMPORT_PATH,
        "unexpected keyword argument 'widht'",
    ),
    "module that exits": (imported("my_exit:Net"), IMPORT_PATH, "ends the process, with exit code 7"),
    "rows that depend on others": (imported("my_demeaning:Net"), IMPORT_PATH, "alone otherwise than among 6 rows"),
    "no file": (model("onnx", path="none.onnx"), ("model", "model_params", "path"), "none.onnx cannot be read"),
    "folder": (model("onnx", path="."), ("model", "model_params", "path"), "Is a directory"),
    "junk": (model("onnx", path="junk.onnx"), ("model", "model_params", "path"), "no ONNX model that can be loaded"),
    "key": (
        source("alpha_vantage", key="env:QLOP_NO_SUCH_KEY"),
        ("data", "data_source_params", "key"),
        "The environment variable QLOP_NO_SUCH_KEY is not set",
    ),
    "url": (
        source("sql", url="file:none.txt", table="t"),
        ("data", "data_source_params", "url"),
        "none.txt cannot be read",
    ),
}


@pytest.fixture
def workbench(tmp_path, monkeypatch):
    (tmp_path / "junk.onnx").write_bytes(b"no model at all")
    (tmp_path / "my_network.py").write_text("".join(NETWORK))
    (tmp_path / "my_demeaning.py").write_text(DEMEANING)
    (tmp_path / "my_particular.py").write_text(PARTICULAR)
    (tmp_path / "my_exit.py").write_text("import os\nos._exit(7)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return open_workbench(tmp_path / "home")


def as_written(path):
    """Return a path as the config has it: in a form, a network's kind stands behind it."""
    at = path.index("network") + 1 if "network" in path else len(path)
    return (*path[:at], *path[at + 1 :])


def runs_of(workbench):
    return list(workbench.home.runs_folder.iterdir()) if workbench.home.runs_folder.exists() else []


@pytest.mark.parametrize("case", WRONG)
def test_what_a_plugin_knows_to_be_wrong_is_refused_before_the_run_and_beside_its_field(workbench, case):
    changes, path, said = WRONG[case]
    config = {**SMALL, **changes}
    with pytest.raises(ConfigError) as refusal:
        run_mode(workbench, RunRequest(config=config))
    assert str(refusal.value).startswith(f"config: {'.'.join(map(str, as_written(path)))}: ")
    assert said in str(refusal.value)
    assert not runs_of(workbench)
    (problem,) = check_draft(workbench, config).problems
    assert problem.path == path
    assert said in problem.message


@pytest.mark.parametrize("ends", [False, True])
def test_a_network_that_does_not_like_the_shape_tried_is_left_to_training(workbench, ends):
    assert not check_draft(workbench, {**SMALL, **imported("my_particular:Net", ends=ends)}).problems


def test_the_import_of_a_network_that_is_mended_is_accepted(workbench, tmp_path):
    config = {**SMALL, **imported("my_network:Net", width=3)}
    (tmp_path / "my_network.py").write_text("1 / 0\n")
    (problem,) = check_draft(workbench, config).problems
    assert "ZeroDivisionError" in problem.message
    (tmp_path / "my_network.py").write_text("".join((*NETWORK, "\n# mended\n")))
    assert not check_draft(workbench, config).problems


def test_the_import_of_a_network_that_somebody_ended_is_tried_again(workbench, tmp_path):
    config = {**SMALL, **imported("my_network:Net", width=3)}
    once = "import os\nos.path.exists('ended') or (open('ended', 'w').close(), os.kill(os.getpid(), 15))\n"
    (tmp_path / "my_network.py").write_text("".join((once, *NETWORK)))
    (problem,) = check_draft(workbench, config).problems
    assert "imports my_network:Net was ended from outside, with signal 15 (SIGTERM)" in problem.message
    assert not check_draft(workbench, config).problems


def test_a_section_that_the_mode_does_not_use_is_not_asked(workbench):
    config = {**SMALL, "mode": "inspect_data", **model("mlp", device="cuda")}
    assert run_mode(workbench, RunRequest(config=config)).status == "completed"


def test_an_exporter_that_cannot_take_the_kind_of_model_is_refused_before_the_run(workbench):
    network = model("mlp", hidden_widths=[2], epochs=1)
    trained = run_mode(workbench, RunRequest(config={**SMALL, **network}))
    assert trained.status == "completed", trained.error
    for exporter in ("joblib", "pmml"):
        params = {"verify": False} if exporter == "pmml" else {}
        export = {"model_run": trained.run_id, "exporter_type": exporter, "exporter_params": params}
        config = {"mode": "export", "export": export}
        with pytest.raises(
            ConfigError, match=rf"export\.exporter_type is '{exporter}', and the model of run .* is 'mlp': "
        ):
            run_mode(workbench, RunRequest(config=config))
        (problem,) = check_draft(workbench, config).problems
        assert problem.path == ("export", "exporter_type")
    assert [folder.name for folder in runs_of(workbench)] == [trained.run_id]


@pytest.mark.parametrize(
    ("mode", "section"), [("backtest", {"model_type": "linear", "model_params": {}}), ("pipeline", None)]
)
def test_a_run_that_trained_no_model_is_refused_before_an_export_of_it(workbench, make_large_store, mode, section):
    [run_id] = make_large_store(workbench.home, 1)
    (workbench.home.run_path(run_id) / "config.json").write_text(json.dumps({"mode": mode, "model": section}))
    config = {"mode": "export", "export": {"model_run": run_id}}
    said = (
        rf"^config: export\.model_run is {run_id}, a run of mode '{mode}', which trained no model\. Name a run of mode "
        "train or pipeline; find one with: qlop runs list --mode train$"
    )
    with pytest.raises(ConfigError, match=said):
        run_mode(workbench, RunRequest(config=config))
    (problem,) = check_draft(workbench, config).problems
    assert problem.path == ("export", "model_run")
    assert [folder.name for folder in runs_of(workbench)] == [run_id]


def test_an_export_of_a_network_whose_module_is_not_there_is_refused_before_the_run(workbench, make_large_store):
    [run_id] = make_large_store(workbench.home, 1)
    trained = {**SMALL, **imported("nowhere_at_all.net:Net")}
    (workbench.home.run_path(run_id) / "config.json").write_text(json.dumps(trained))
    config = {"mode": "export", "export": {"model_run": run_id}}
    said = (
        rf"^config: export\.model_run is {run_id}, whose model 'custom_network' cannot be loaded here: network\.import"
    )
    with pytest.raises(ConfigError, match=said):
        run_mode(workbench, RunRequest(config=config))
    (problem,) = check_draft(workbench, config).problems
    assert problem.path == ("export", "model_run")
    assert [folder.name for folder in runs_of(workbench)] == [run_id]


def test_a_run_of_a_mode_that_is_gone_may_have_trained_a_model(workbench, make_large_store):
    [run_id] = make_large_store(workbench.home, 1)
    (workbench.home.run_path(run_id) / "config.json").write_text(json.dumps({"mode": "of_a_plugin_that_is_gone"}))
    assert not check_draft(workbench, {"mode": "export", "export": {"model_run": run_id}}).problems
