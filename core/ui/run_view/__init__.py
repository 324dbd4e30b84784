"""One run on a screen: what it is, what can be done with it, its console and its results."""

from core.ui.run_view.view import run_view

__all__ = ["run_view"]
