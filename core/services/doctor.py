"""Whether this installation can work: one finding for each thing that a run depends on."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from core.base.errors import QlopError
from core.base.machine import usable_cores
from core.services.workbench import Workbench, open_workbench

__all__ = ["Finding", "examine"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it is, and what to do where it is not well."""

    status: Literal["ok", "note", "fails"]
    subject: str
    found: str
    next_step: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the finding for programs."""
        return asdict(self)


def examine(home: Path | None = None) -> list[Finding]:
    """Look at Python, the packages, the home folder, the store, the plugins and the caches.

    Nothing is created but what a first run would create.
    """
    findings = [_python(), _core(), _xgboost(), _threads()]
    try:
        workbench = open_workbench(home)
    except QlopError as error:
        return [*findings, Finding("fails", "settings", str(error), "mend settings.yaml of the home folder")]
    checks: tuple[tuple[str, Callable[[Workbench], Finding]], ...] = (
        ("home folder", _home),
        ("store of runs", _store),
        ("plugins", _plugins),
        ("kernel cache", _kernels),
    )
    for subject, check in checks:
        try:
            findings.append(check(workbench))
        except QlopError as error:
            findings.append(Finding("fails", subject, str(error), "see the sentence beside"))
    return findings


def _python() -> Finding:
    found = f"{platform.python_version()} at {sys.executable}"
    return Finding("ok", "Python", found)


def _core() -> Finding:
    import core

    here = Path(core.__file__ or "").resolve().parent
    face = find_spec("qlop")
    origin = Path(face.origin).resolve() if face and face.origin else None
    if origin is None:
        return Finding("fails", "qlop", "the package is not installed", "make run, or: pip install -e .")
    # In a checkout the face lies in core/api; in a wheel qlop/ and core/ are neighbours.
    if here not in origin.parents and here.parent != origin.parents[1]:
        return Finding("fails", "qlop", f"core is {here}, but qlop is {origin}", "remove one of the two installations")
    return Finding("ok", "qlop", f"{_version('qlop') or 'unknown version'} at {here.parent}")


def _xgboost() -> Finding:
    cpu, full = _version("xgboost-cpu"), _version("xgboost")
    if cpu and full:
        advice = "they write the same files; uninstall both, then install one of them"
        return Finding("fails", "xgboost", f"xgboost-cpu {cpu} and xgboost {full}", advice)
    if full:
        return Finding("ok", "xgboost", f"{full}, with CUDA")
    if cpu:
        advice = "for a GPU: pip uninstall xgboost-cpu, then pip install xgboost"
        return Finding("ok", "xgboost", f"{cpu}, CPU only", advice)
    return Finding("fails", "xgboost", "not installed", "pip install xgboost-cpu")


def _threads() -> Finding:
    return Finding("ok", "cores", f"{usable_cores()} for this process, {os.cpu_count()} in the machine")


def _home(workbench: Workbench) -> Finding:
    workbench.home.create()
    return Finding("ok", "home folder", str(workbench.home.path))


def _store(workbench: Workbench) -> Finding:
    from core.store.run_query import RunQuery
    from core.store.run_store import RunStore

    kind = workbench.home.store_url.partition(":")[0]
    with RunStore(workbench.home) as store:
        newest = store.find(RunQuery(limit=1))
    last = f"newest run {newest[0].run_id}" if newest else "no runs yet"
    return Finding("ok", "store of runs", f"{kind}, {last}")


def _plugins(workbench: Workbench) -> Finding:
    plugins = workbench.registry().list()
    unwell = sorted(f"{plugin.kind}/{plugin.name}" for plugin in plugins if plugin.status.value != "available")
    if unwell:
        return Finding(
            "note", "plugins", f"{len(plugins)} found; not well: {', '.join(unwell[:5])}", "see: qlop plugins list"
        )
    return Finding("ok", "plugins", f"{len(plugins)} found, all well")


def _kernels(_workbench: Workbench) -> Finding:
    from core.engine.kernels.compilation import CACHE_VARIABLE, kernel_cache

    folder = kernel_cache()
    if not folder.fault:
        return Finding("ok", "kernel cache", str(folder.path))
    lack = f"{folder.path} cannot be used: {folder.fault}; each run compiles anew"
    return Finding("note", "kernel cache", lack, f"mend that, or set {CACHE_VARIABLE}")


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
