"""Write the stubs that show type checkers what the lazy face exports.

Run with `python core/_typing/make_stubs.py` after a change of core/api; a test compares.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

FACES = {"core.api": "__init__.pyi", "core.api.engine": "engine.pyi", "core.api.testing": "testing.pyi"}
FOLDER = Path(__file__).parent / "qlop"


def stub_of(face: str) -> str:
    """Return the text of one face's stub."""
    homes: dict[str, str] = import_module(face)._HOMES
    lines = [f"from {home} import {name} as {name}" for name, home in sorted(homes.items(), key=lambda p: (p[1], p[0]))]
    return "\n".join(lines) + "\n" if lines else ""


def main() -> None:
    """Write every stub."""
    for face, file_name in FACES.items():
        (FOLDER / file_name).write_text(stub_of(face), encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
