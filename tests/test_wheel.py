"""The wheel, built and installed into an environment that cannot see this checkout."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGED = ("configs", "core", "pages", "plugins")
FILES = ("app.py", "pyproject.toml", "README.md", "LICENSE", "NOTICE")
LAUNCHER = {"core/ui/launcher/app.py", "core/ui/launcher/.streamlit/config.toml"}
# Types of the checkout's tools: what is installed as `qlop` is core/api itself.
NOT_PACKAGED = Path("core/_typing")

SHORT = ("data.tickers=[AAPL, IBM]", "data.end_date=2006-12-29", "splits.train_bars=800", "splits.test_bars=400")


@dataclass(frozen=True)
class Installation:
    """An environment that holds the wheel, and finds its dependencies where these tests find theirs."""

    folder: Path

    @property
    def bin(self) -> Path:
        return self.folder / "environment" / "bin"

    @property
    def site(self) -> Path:
        return next((self.folder / "environment" / "lib").glob("python3*/site-packages"))

    def run(self, *command: object, **environment: str) -> subprocess.CompletedProcess[str]:
        empty = self.folder / "empty"
        empty.mkdir(exist_ok=True)
        folders = {"HOME": "person", "QLOP_CACHE_DIR": "cache", "QLOP_CONFIG_DIR": "configuration"}
        own = {name: str(self.folder / folder) for name, folder in folders.items()}
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
        return subprocess.run(
            [*map(str, command)],
            env={**kept, **own, **environment},
            cwd=empty,
            capture_output=True,
            text=True,
            check=False,
        )

    def qlop(self, *arguments: str, **environment: str) -> str:
        done = self.run(self.bin / "qlop", *arguments, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of a copy: building in the checkout would leave its folders there, and pack what it finds in old ones."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in (*PACKAGED, ".streamlit"):
        shutil.copytree(ROOT / name, folder / "source" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, folder / "source" / name)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, folder / "source"]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installation(wheel, tmp_path_factory):
    made = Installation(tmp_path_factory.mktemp("installation"))
    neighbours = sysconfig.get_path("purelib")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", made.folder / "environment"], check=True)
    install = [made.bin / "python", "-m", "pip", "install", "--no-index", "--no-deps", "--ignore-installed", wheel]
    done = made.run(*install, PYTHONPATH=neighbours)
    assert done.returncode == 0, done.stdout + done.stderr
    # A path in a .pth file is searched for modules, but its own .pth files are not read: the editable QLOP stays out.
    (made.site / "neighbours.pth").write_text(f"{neighbours}\n", encoding="utf-8")
    return made


def files_of(place: Path) -> set[str]:
    found = (path.relative_to(place) for top in PACKAGED for path in (place / top).rglob("*") if path.is_file())
    return {str(path) for path in found if "__pycache__" not in path.parts and NOT_PACKAGED not in path.parents}


def test_every_source_config_and_price_and_the_launcher_are_in_the_wheel_and_nothing_else(installation):
    assert files_of(installation.site) == files_of(ROOT) | LAUNCHER
    tops = {path.name for path in installation.site.iterdir() if not path.name.endswith((".dist-info", ".pth"))}
    assert tops - {"__pycache__"} == {*PACKAGED, "qlop"}
    licences = {path.name for path in installation.site.glob("qlop-*.dist-info/licenses/*")}
    assert licences == {"LICENSE", "NOTICE"}


def test_the_installed_core_is_the_wheels(installation):
    findings = {finding["subject"]: finding for finding in json.loads(installation.qlop("doctor", "--json"))}
    assert {finding["status"] for finding in findings.values()} <= {"ok", "note"}
    assert findings["qlop"]["found"].endswith(f"at {installation.site}")
    program = "import core, plugins, qlop; print(qlop.ModelPlugin.__module__, core.__file__, plugins.__file__)"
    done = installation.run(installation.bin / "python", "-c", program)
    places = [str(installation.site / package / "__init__.py") for package in ("core", "plugins")]
    assert done.stdout.split() == ["core.contracts.model", *places]


def test_the_installed_command_lists_the_same_plugins_as_the_checkout(installation):
    listed = json.loads(installation.qlop("plugins", "list", "--json"))["plugins"]
    assert {plugin["status"] for plugin in listed} == {"available"}
    sources = {path.stem for path in (ROOT / "plugins").glob("*/*.py") if not path.stem.startswith("_")}
    assert {plugin["name"] for plugin in listed} == sources


def test_the_installed_demo_trains_and_backtests_on_the_packaged_prices(installation):
    changes = [part for change in SHORT for part in ("--set", change)]
    # Kernels run as plain Python here: compiling them takes longer than all else, and no packaging is in it.
    output = installation.qlop("demo", "--json", *changes, NUMBA_DISABLE_JIT="1")
    told = json.loads(output.splitlines()[-1])
    assert told["status"] == "completed"
    assert Path(installation.folder / "empty" / ".qlop" / "runs" / told["run_id"] / "events.jsonl").is_file()
    assert told["artifacts"]
