"""A full disk of temporary files is told as that wherever a model's file is packed or unpacked, and no other file is blamed.

The disk is a small file system of its own (tmpfs) where this process may mount one. Where it may not, the operating system refuses files
beyond a size, and that reason has to be told as the system words it.
"""

import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from core.base.errors import QlopError
from core.contracts.model import TrainContext
from core.engine.bundle import opened_bundle, write_bundle
from core.engine.fitted_model import FittedModel
from core.engine.model_archive import pack_model
from core.engine.model_artifact import load_model_artifact, save_fitted_model
from core.engine.model_file import unpacked_model_file
from core.testing.example_model import LeastSquares
from core.testing.training_rows import make_training_data
from plugins.exporters.bundle import Bundle
from plugins.exporters.native import Native

SIZE_KB = 8


def untrained():
    return LeastSquares("least_squares", LeastSquares.Params())


@pytest.fixture
def artifact(tmp_path, monkeypatch):
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    model, data = untrained(), make_training_data("regression")
    model.train(data, None, TrainContext("regression"))
    folder = tmp_path / "model"
    folder.mkdir()
    fitted = FittedModel(model, "regression", tuple(data.features.columns))
    save_fitted_model(fitted, folder, example_features=data.features.iloc[:20])
    return load_model_artifact(folder, untrained)


@pytest.fixture
def full_disk(artifact, tmp_path, monkeypatch):
    """The folder for temporary files lies on a disk with little room; gives what has to be told."""
    write_bundle(artifact, tmp_path / "made.bundle.zip", licence="")
    pack_model(artifact.folder, tmp_path / "made.qlop.zip")
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_KB}k", "tmpfs", str(place)]
    if shutil.which("mount") and subprocess.run(mounting, capture_output=True, check=False).returncode == 0:
        yield rf"^The folder for temporary files, {place}, is full \(No space left on device; 0\.\d MB are free\)\. .*TMPDIR\.$"
        assert list(place.iterdir()) == []
        subprocess.run(["umount", "--lazy", str(place)], check=True)
    else:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE_KB * 256, before[1]))
        yield "File too large"
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def open_bundle(_artifact, folder: Path):
    with opened_bundle(folder / "made.bundle.zip"):
        pass


def open_model_file(_artifact, folder: Path):
    with unpacked_model_file(folder / "made.qlop.zip"):
        pass


def export_native(artifact, folder: Path):
    Native("native", Native.Params()).export(artifact, folder / "out" / "native.qlop.zip")


def export_bundle(artifact, folder: Path):
    Bundle("bundle", Bundle.Params()).export(artifact, folder / "out" / "bundle.zip")


@pytest.mark.parametrize("work", [open_bundle, open_model_file, export_native, export_bundle])
def test_the_full_folder_is_named_and_nothing_is_left(artifact, full_disk, tmp_path, work):
    (tmp_path / "out").mkdir()
    with pytest.raises(QlopError, match=full_disk):
        work(artifact, tmp_path)
    assert list((tmp_path / "out").iterdir()) == []
