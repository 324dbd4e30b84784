"""A second distribution, built and installed as its users would, offline."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "second_distribution"
ROOT = Path(__file__).parents[3]

TRAIN = """
import json
from core.plugin.registry import PluginRegistry
from qlop import TrainContext
from qlop.testing import make_training_data
registry = PluginRegistry()
info = registry.get("models", "ridge")
model = registry.create("models", "ridge", {"penalty": 0.1})
data = make_training_data("regression")
model.train(data, None, TrainContext(task="regression"))
predicted = model.predict(data.features)["prediction"]
print(json.dumps({
    "origin": info.origin.shown, "qualified": info.qualified_name, "status": info.status, "module": type(model).__module__,
    "correlation": float(predicted.corr(data.target)),
}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that acme-qlop 1.2 was installed into."""
    root = tmp_path_factory.mktemp("acme")
    shutil.copytree(SOURCE, root / "source")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", root / "dist", root / "source"]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (root / "dist").glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--target", root / "site", wheel]
    subprocess.run(pip, check=True, capture_output=True)
    return root / "site"


@pytest.fixture
def run(installed, tmp_path):
    def run(*arguments, **environment):
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "PYTHONPATH": str(installed),
                "QLOP_CACHE_DIR": str(tmp_path / "cache"),
                "QLOP_CONFIG_DIR": str(tmp_path / "configuration"),
                **environment,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_its_model_is_found_trained_and_asked_for_predictions(run):
    found = json.loads(run("-c", TRAIN))
    assert found["correlation"] > 0.8
    del found["correlation"]
    assert found == {
        "origin": "acme-qlop 1.2",
        "qualified": "acme-qlop:ridge",
        "status": "available",
        "module": "acme_qlop.ridge",
    }


def test_listing_it_imports_none_of_its_code_here(run):
    program = (
        "import sys; from core.plugin.registry import PluginRegistry; "
        "shown = [p.origin.shown for p in PluginRegistry().list('models')]; "
        "print([name for name in shown if not name.startswith('plugins/models/')], len(shown), "
        "'acme_qlop' in sys.modules)"
    )
    built_in = [path for path in (ROOT / "plugins" / "models").glob("*.py") if not path.name.startswith("_")]
    for _ in range(2):
        assert run("-c", program).strip() == f"['acme-qlop 1.2'] {len(built_in) + 1} False"


def test_its_own_contract_test_passes(run, tmp_path):
    shutil.copy(SOURCE / "tests" / "test_ridge.py", tmp_path / "test_ridge.py")
    report = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", tmp_path / "test_ridge.py")
    assert " passed" in report
    assert int(report.rpartition(" passed")[0].split()[-1]) >= 20


def test_a_name_that_it_shares_is_an_error_that_names_both_origins(run, tmp_path):
    folder = tmp_path / "mine"
    (folder / "models").mkdir(parents=True)
    shutil.copy(SOURCE / "src" / "acme_qlop" / "ridge.py", folder / "models" / "ridge.py")
    program = """
from core.base.errors import PluginError
from core.plugin.registry import PluginRegistry, RegistrySettings
try:
    PluginRegistry().get("models", "ridge")
except PluginError as error:
    print(error)
print(PluginRegistry().get("models", "Acme_Qlop:ridge").origin.shown)
print(PluginRegistry(RegistrySettings(disabled=("acme-qlop:ridge",))).get("models", "ridge").qualified_name)
"""
    duplicate = (
        "Two plugins provide model 'ridge': mine/models/ridge.py and acme-qlop 1.2. "
        "Disable one under plugins.disabled, or name one: acme-qlop:ridge or folder:ridge."
    )
    assert run("-c", program, QLOP_PLUGIN_PATH=str(folder)).splitlines() == [duplicate, "acme-qlop 1.2", "folder:ridge"]


BROKEN_ENTRY_POINTS = {
    "models": {
        "gone": ("acme_qlop.gone:Gone", "ModuleNotFoundError: No module named 'acme_qlop.gone'"),
        "nothing": ("acme_qlop.ridge:Nothing", "AttributeError: module 'acme_qlop.ridge' has no attribute 'Nothing'"),
        "json": ("json:dumps", "which is no plugin class"),
        "rigde": (
            "acme_qlop.ridge:Ridge",
            "ValueError: entry point 'rigde' leads to a class whose name is 'ridge'; call both the same",
        ),
    },
    "sinks": {"ridge": ("acme_qlop.ridge:Ridge", "Ridge does not inherit qlop.SinkPlugin. It is a model")},
}


def test_entry_points_that_lead_nowhere_are_listed_with_their_error(run, tmp_path):
    information = tmp_path / "more" / "broken_qlop-0.3.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-qlop\nVersion: 0.3\n", encoding="utf-8")
    lines = [
        line
        for kind, entries in BROKEN_ENTRY_POINTS.items()
        for line in (f"[qlop.{kind}]", *(f"{name} = {value}" for name, (value, _) in entries.items()))
    ]
    (information / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    program = """
import json, sys
sys.path.append(sys.argv[1])
from core.plugin.registry import PluginRegistry, RegistrySettings
found = PluginRegistry(RegistrySettings(with_builtin=False)).list()
print(json.dumps([(p.kind, p.name, p.origin.shown, p.status, p.problem) for p in found]))
"""
    found = {(kind, name): rest for kind, name, *rest in json.loads(run("-c", program, tmp_path / "more"))}
    assert found.pop(("models", "ridge"))[:2] == ["acme-qlop 1.2", "available"]
    for kind, entries in BROKEN_ENTRY_POINTS.items():
        for name, (_, problem) in entries.items():
            origin, status, shown = found.pop((kind, name))
            assert (origin, status) == ("broken-qlop 0.3", "broken")
            assert problem in shown
    assert found == {}


def test_distributions_with_malformed_files_harm_no_other(run, tmp_path):
    for number, (name, text) in enumerate(
        {
            "entry_points.txt": b"[console_scripts\n",
            "METADATA": b"Name: torn\n",
            "RECORD": b"",
            "INSTALLER": b"\xff\xfe",
        }.items()
    ):
        information = tmp_path / "more" / f"torn{number}-1.0.dist-info"
        information.mkdir(parents=True)
        (information / name).write_bytes(text)
    nameless = tmp_path / "more" / "nameless-1.0.dist-info"
    nameless.mkdir()
    (nameless / "entry_points.txt").write_text("[qlop.sinks]\n# a comment\nbare =\n", encoding="utf-8")
    program = """
import sys
sys.path.insert(0, sys.argv[1])
from core.plugin.registry import PluginRegistry, RegistrySettings
for plugin in PluginRegistry(RegistrySettings(with_builtin=False)).list():
    print(plugin.kind, plugin.name, plugin.status, plugin.problem)
"""
    assert run("-c", program, tmp_path / "more").splitlines() == [
        "models ridge available ",
        "sinks bare broken ValueError: Empty module name",
    ]


def test_the_first_version_on_the_path_hides_another(run, installed, tmp_path):
    older = tmp_path / "older" / "acme_qlop-0.9.dist-info"
    older.mkdir(parents=True)
    (older / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-qlop\nVersion: 0.9\n", encoding="utf-8")
    (older / "entry_points.txt").write_text("[qlop.models]\nold = acme_qlop.old:Old\n", encoding="utf-8")
    program = """
import sys
sys.path.append(sys.argv[1])
from core.plugin.registry import PluginRegistry, RegistrySettings
print([(p.name, p.origin.shown) for p in PluginRegistry(RegistrySettings(with_builtin=False)).list()])
"""
    assert run("-c", program, tmp_path / "older").strip() == "[('ridge', 'acme-qlop 1.2')]"


def test_an_entry_point_may_lead_to_a_module_of_plugins(run, tmp_path):
    information = tmp_path / "more" / "whole_qlop-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: whole-qlop\nVersion: 1.0\n", encoding="utf-8")
    (information / "entry_points.txt").write_text("[qlop.models]\nall = whole_qlop\n", encoding="utf-8")
    source = (SOURCE / "src" / "acme_qlop" / "ridge.py").read_text(encoding="utf-8")
    (tmp_path / "more" / "whole_qlop.py").write_text(source.replace('"ridge"', '"whole_ridge"'), encoding="utf-8")
    program = """
import sys
sys.path.append(sys.argv[1])
from core.plugin.registry import PluginRegistry, RegistrySettings
registry = PluginRegistry(RegistrySettings(with_builtin=False))
print(registry.get("models", "whole_ridge").origin.shown, registry.load("models", "whole_ridge").__name__)
"""
    assert run("-c", program, tmp_path / "more").strip() == "whole-qlop 1.0 Ridge"
