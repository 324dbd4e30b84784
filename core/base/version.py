"""The version of the installed QLOP."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("qlop")
