"""What `qlop plugins` and `qlop doctor` show."""

import json

MODEL = '''
"""A model that predicts the training mean."""
import json

import qlop


class Mean(qlop.ModelPlugin):
    """Predicts the training mean."""

    name = "mean"
    version = "0.1.0"
    tasks = frozenset({"regression"})
    capabilities = frozenset({"missing_values"})

    def train(self, data, validation, context):
        self.mean = float(data.target.mean())

    def predict(self, features):
        import pandas as pd

        return pd.DataFrame({"prediction": self.mean}, index=features.index)

    def save_model(self, folder):
        (folder / "mean.json").write_text(json.dumps(self.mean))

    def load_model(self, folder):
        self.mean = json.loads((folder / "mean.json").read_text())
'''


def test_every_built_in_is_listed_as_available(qlop):
    listed = qlop.json("plugins", "list")["plugins"]
    assert {plugin["status"] for plugin in listed} == {"available"}
    assert {
        "data_sources",
        "feature_steps",
        "labelers",
        "models",
        "strategies",
        "brokers",
        "exporters",
        "orchestrators",
        "sinks",
    } == {plugin["kind"] for plugin in listed}


def test_one_plugin_is_shown_with_its_parameters(qlop):
    shown = qlop.call("plugins", "show", "models", "xgboost").stdout
    assert "n_estimators" in shown
    assert "at least" in shown


def test_an_unknown_kind_or_plugin_is_answered_with_the_nearest(qlop):
    assert "models" in qlop.call("plugins", "list", "model").stderr
    done = qlop.call("plugins", "show", "models", "xgbost")
    assert done.returncode == 2
    assert "No model named 'xgbost'. Did you mean 'xgboost'?" in done.stderr


def test_a_model_of_one_file_runs_once_its_folder_is_trusted(qlop):
    folder = qlop.folder / ".qlop" / "plugins"
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "mean.py").write_text(MODEL, encoding="utf-8")
    arguments = (
        "train-model",
        "-c",
        qlop.config,
        "--set",
        "model.model_type=mean",
        "--set",
        "label.labeler_type=forward_return",
        "--set",
        "label.labeler_params={horizon_bars: 5}",
    )
    refused = qlop.call(*arguments)
    assert refused.returncode == 2
    assert "qlop plugins trust" in refused.stderr
    trusted = qlop.call("plugins", "trust", folder)
    assert trusted.returncode == 0, trusted.stderr
    assert qlop.json(*arguments)["status"] == "completed"


def test_a_broken_plugin_is_listed_with_its_error_and_harms_no_other(qlop):
    folder = qlop.folder / ".qlop" / "plugins"
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "broken.py").write_text("import no_such_library\n", encoding="utf-8")
    qlop.call("plugins", "trust", folder)
    listed = qlop.json("plugins", "list", "models")["plugins"]
    by_name = {plugin["name"]: plugin for plugin in listed}
    assert by_name["broken"]["status"] == "broken"
    assert "no_such_library" in by_name["broken"]["traceback"]
    assert by_name["xgboost"]["status"] == "available"
    assert "no_such_library" in qlop.call("plugins", "show", "models", "broken").stdout


def test_the_doctor_finds_a_sound_installation_sound(qlop):
    done = qlop.call("doctor", "--json")
    findings = json.loads(done.stdout)
    assert done.returncode == 0, findings
    assert {finding["subject"] for finding in findings} >= {
        "Python",
        "qlop",
        "xgboost",
        "home folder",
        "store of runs",
        "plugins",
    }


def test_the_doctor_names_what_fails(qlop):
    done = qlop.call("doctor", "--home", "/dev/null/x")
    assert done.returncode == 1
    assert "fails" in done.stdout


def test_the_version_is_told(qlop):
    assert qlop.call("--version").stdout.startswith("qlop 0.")


def test_trust_says_where_nothing_looks(qlop):
    folder = qlop.folder / "aside" / "plugins"
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "mean.py").write_text(MODEL, encoding="utf-8")
    assert "Nothing looks there from here" in qlop.call("plugins", "trust", folder).stdout
