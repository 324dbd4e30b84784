"""What `qlop`, `qlop.engine` and `qlop.testing` export, and what importing them costs."""

import importlib.util
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FACES = {"qlop": "core.api", "qlop.engine": "core.api.engine", "qlop.testing": "core.api.testing"}


def stub_maker():
    spec = importlib.util.spec_from_file_location("make_stubs", ROOT / "core" / "_typing" / "make_stubs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("face", FACES)
def test_every_exported_name_is_the_very_object_of_its_home(face):
    exported, homes = import_module(face), import_module(FACES[face])._HOMES
    assert list(exported.__all__) == sorted(homes) == dir(exported)
    for name, home in homes.items():
        assert getattr(exported, name) is getattr(import_module(home), name)


@pytest.mark.parametrize("face", FACES)
def test_a_name_that_is_not_exported_is_refused(face):
    with pytest.raises(AttributeError, match=f"module '{face}' has no attribute 'no_such_name'"):
        import_module(face).no_such_name  # noqa: B018


def test_a_contract_is_one_class_by_both_its_names():
    import qlop

    from core.contracts.kinds import KINDS

    for kind in KINDS.values():
        assert getattr(qlop, kind.contract_name) is kind.contract


def test_every_kind_has_a_contract_suite():
    import qlop.testing

    from core.contracts.kinds import KINDS

    for kind in KINDS.values():
        suite = getattr(qlop.testing, f"{kind.contract_name.removesuffix('Plugin')}ContractSuite")
        assert suite.kind == kind.folder


def test_stubs_show_what_is_exported():
    maker = stub_maker()
    for face, file_name in maker.FACES.items():
        written = (maker.FOLDER / file_name).read_text(encoding="utf-8")
        assert written == maker.stub_of(face), "run: python core/_typing/make_stubs.py"


def test_importing_the_face_and_its_contracts_imports_no_heavy_library():
    program = """
import sys
import qlop, qlop.engine, core.contracts.kinds
contracts = [qlop.Plugin, qlop.Params, *(kind.contract for kind in core.contracts.kinds.KINDS.values())]
heavy = {"numba", "numpy", "pandas", "pyarrow", "scipy", "sklearn", "sqlalchemy", "streamlit", "xgboost"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_the_face_knows_the_version_that_is_installed():
    import qlop

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert qlop.__version__ == declared


def test_the_suites_without_pytest_say_what_to_install():
    program = """
import sys
sys.modules["pytest"] = None
import qlop.testing
try:
    from qlop.testing import ModelContractSuite
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("qlop.testing needs pytest: pip install 'qlop[testing]'\n", "")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert any(needed.startswith("pytest") for needed in extras["testing"])


def test_the_list_of_packages_holds_every_folder_of_code():
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    listed = setuptools["packages"]
    elsewhere = set(setuptools["package-dir"])
    folders = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for top in ("core", "plugins")
        for path in (ROOT / top).rglob("__init__.py")
    }
    code = {name for name in listed if name.split(".")[0] in {"core", "plugins"}}
    assert code - elsewhere == folders
    assert len(listed) == len(set(listed))
    assert [name for name in listed if name not in elsewhere and not (ROOT / name.replace(".", "/")).is_dir()] == []
