"""Screens ask services and draw with core.ui; nothing below them is theirs to import."""

import ast
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
ALLOWED = ("core.services", "core.ui")


def modules_imported_by(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}


@pytest.mark.parametrize("page", sorted((REPOSITORY / "pages").glob("*.py")), ids=lambda page: page.name)
def test_a_page_imports_services_and_drawing_alone(page):
    ours = {name for name in modules_imported_by(page) if name.split(".")[0] in {"core", "plugins", "qlop"}}
    assert [name for name in sorted(ours) if not name.startswith(ALLOWED)] == []
    assert len(page.read_text(encoding="utf-8").splitlines()) <= 150


def test_the_launcher_imports_what_the_server_is_made_of_and_nothing_else():
    ours = {name for name in modules_imported_by(REPOSITORY / "app.py") if name.split(".")[0] in {"core", "plugins"}}
    assert ours == {"core.ui.server"}
