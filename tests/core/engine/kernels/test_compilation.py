"""Where compiled kernels are kept."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import core.engine.kernels
from core.engine.kernels.compilation import CACHE_VARIABLE, sources_hash

ROOT = Path(core.engine.kernels.__file__).parents[3]
ADD = """
from core.engine.kernels.compilation import entry_point

@entry_point
def add(a, b):
    return a + b
"""


def sum_in_a_fresh_process(folder: Path, cache: Path) -> str:
    return in_a_fresh_process(folder, cache).stdout.strip()


def in_a_fresh_process(folder: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    (folder / "adding.py").write_text(ADD, encoding="utf-8")
    code = "import adding, numba; print(adding.add(2, 3), repr(numba.config.CACHE_DIR), sum(adding.add.stats.cache_hits.values()))"
    environment = {**os.environ, CACHE_VARIABLE: str(cache), "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)


def test_machine_code_is_kept_by_the_hash_of_the_sources_and_found_again(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert sum_in_a_fresh_process(tmp_path, cache) == "5 '' 0"
    assert [path.name for path in (cache / "kernels").iterdir()] == [sources_hash()]
    assert sum_in_a_fresh_process(tmp_path, cache) == "5 '' 1"


def test_a_cache_folder_that_cannot_be_written_breaks_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, not a folder", encoding="utf-8")
    done = in_a_fresh_process(tmp_path, blocked)
    assert done.stdout.strip() == "5 '' 0"
    folder = blocked / "kernels" / sources_hash()
    assert done.stderr.startswith(f"Compiled kernels cannot be kept in {folder}: Not a directory. Each run")
    assert done.stderr.endswith("or name another folder with QLOP_CACHE_DIR.\n")


def test_a_damaged_file_is_told_of_and_mended(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    sum_in_a_fresh_process(tmp_path, cache)
    (kept,) = cache.glob("kernels/*/*.nbc")
    kept.write_bytes(b"")
    damaged = in_a_fresh_process(tmp_path, cache)
    assert damaged.stdout.strip() == "5 '' 0"
    assert damaged.stderr.startswith(f"The compiled kernel {kept} is not used: it is damaged")
    again = in_a_fresh_process(tmp_path, cache)
    assert (again.stdout.strip(), again.stderr) == ("5 '' 1", "")


def test_any_change_of_a_kernel_source_opens_another_folder(tmp_path: Path) -> None:
    copy = tmp_path / "kernels"
    shutil.copytree(Path(core.engine.kernels.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    assert hash_of(copy) == sources_hash()
    with (copy / "orders.py").open("a", encoding="utf-8") as source:
        source.write("# a change\n")
    assert hash_of(copy) != sources_hash()


def hash_of(folder: Path) -> str:
    spec = importlib.util.spec_from_file_location("copied_compilation", folder / "compilation.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    answer: str = module.sources_hash()
    return answer
