"""Every ```python block of the README and of docs/ runs as it stands, the blocks of one file after each other."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def documents():
    return [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if path.is_file()]


def program_of(path):
    """Return the file's blocks as one program whose line numbers are the file's."""
    text = path.read_text(encoding="utf-8")
    lines = [""] * text.count("\n")
    for block in BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1))
        body = block.group(1).splitlines()
        lines[first : first + len(body)] = body
    return "\n".join(lines)


WITH_EXAMPLES = [path for path in documents() if BLOCK.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_examples_of_a_document_run(path, tmp_path, compiled_kernels):
    working, cache = tmp_path / "work", tmp_path / "cache"
    working.mkdir()
    cache.mkdir()
    (cache / "kernels").symlink_to(compiled_kernels)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("QLOP_", "PYTEST_", "COVERAGE_"))
    }
    environment |= {"QLOP_CACHE_DIR": str(cache), "QLOP_CONFIG_DIR": str(tmp_path / "configuration")}
    # Compiled under the document's name, so that an error points at its line. A guard, as examples may start workers.
    program = (
        "import sys; source = sys.stdin.read(); __name__ == '__main__' and exec(compile(source, sys.argv[1], 'exec'))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(path)],
        input=program_of(path),
        cwd=working,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def test_some_documents_have_examples():
    assert ROOT / "docs" / "plugins.md" in WITH_EXAMPLES


def test_every_python_block_is_closed_and_found():
    for path in documents():
        text = path.read_text(encoding="utf-8")
        assert len(BLOCK.findall(text)) == len(re.findall(r"^```python", text, re.MULTILINE)), path.name
