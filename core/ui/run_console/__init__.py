"""The live console of a run."""

from core.ui.run_console.component import run_console

__all__ = ["run_console"]
