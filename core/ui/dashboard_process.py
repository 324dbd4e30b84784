"""`python -m core.ui.dashboard_process OPTIONS`: the dashboard's server, with Streamlit's own options."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

__all__ = ["launcher", "main"]

_OBJECTS_BETWEEN_COLLECTIONS = 100_000


def launcher() -> Path:
    """Return the launcher script; beside it lies .streamlit, with the theme.

    In a wheel both are in a folder here; in a checkout they lie beside `core`.
    """
    here = Path(__file__).resolve().parent
    packaged = here / "launcher" / "app.py"
    return packaged if packaged.is_file() else here.parents[1] / "app.py"


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    # Streamlit collects after each run of a script; between them, and above all among the imports, seldom is enough.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    from streamlit.components.v2 import manifest_scanner
    from streamlit.web.cli import main as streamlit

    # Our components are registered by their code. Others would be sought in every installed package at each start.
    manifest_scanner.scan_component_manifests = lambda *_arguments, **_options: []
    streamlit(["run", str(launcher()), *sys.argv[1:]], prog_name="streamlit")


if __name__ == "__main__":
    main()
