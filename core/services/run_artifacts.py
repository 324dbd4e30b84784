"""What a run was asked for and what it made, to read and to hand out; files of the run's own folder and no others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from core.base.errors import RunError, StoreError
from core.services.runs import find_run
from core.store.containment import contained_path
from core.store.run_folder import RunFolder

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["Artifact", "list_artifacts", "read_artifact", "read_config_text"]


@dataclass(frozen=True)
class Artifact:
    """One file that a run announced.

    Attributes
    ----------
    name : str
        What the run calls it: "equity", "model/manifest.json".
    file_name : str
        What to call a copy of it: the run's first letters and the file's own name.
    size_bytes, sha256 : int, str
        As announced.
    """

    name: str
    file_name: str
    size_bytes: int
    sha256: str


def list_artifacts(workbench: Workbench, named: str) -> list[Artifact]:
    """Return what a run announced, in its order.

    Raises
    ------
    RunError
        If there is no such run.
    StoreError
        If its event log cannot be read.
    """
    run_id = find_run(workbench, named)
    announced = RunFolder.open(workbench.home, run_id).announced()
    return [
        Artifact(name, f"{run_id[:8]}-{PurePosixPath(found.path).name}", found.size_bytes, found.sha256)
        for name, found in announced.items()
    ]


def read_artifact(workbench: Workbench, named: str, artifact: str) -> bytes:
    """Return the bytes of one artifact.

    Raises
    ------
    RunError
        If there is no such run, or it announced no such artifact.
    StoreError
        If the file is gone, or lies outside the run's folder.
    """
    folder = RunFolder.open(workbench.home, find_run(workbench, named))
    found = folder.announced().get(artifact)
    if found is None:
        raise RunError(f"Run {folder.run_id} made no artifact {artifact!r}. See: qlop runs show {folder.run_id}")
    path = contained_path(folder.path, found.path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}.") from error


def read_config_text(workbench: Workbench, named: str) -> str:
    """Return the config of a run as it was resolved, as YAML that `--config` takes.

    Raises
    ------
    RunError
        If there is no such run.
    StoreError
        If its config cannot be read.
    """
    from core.config.yaml_writer import write_yaml

    config = RunFolder.open(workbench.home, find_run(workbench, named)).config()
    return write_yaml(config)
