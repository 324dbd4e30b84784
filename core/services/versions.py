"""The versions that this installation runs with."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

__all__ = ["installed_versions"]

_PACKAGES = (
    "qlop",
    "pandas",
    "numpy",
    "scipy",
    "numba",
    "scikit-learn",
    "xgboost-cpu",
    "xgboost",
    "pydantic",
    "pyarrow",
    "sqlalchemy",
    "streamlit",
    "plotly",
    "websockets",
    "authlib",
    "pytest",
)


def installed_versions() -> list[tuple[str, str]]:
    """Return Python's and the packages' versions; packages that are not there are left out."""
    found = [("Python", platform.python_version())]
    for package in _PACKAGES:
        try:
            found.append((package, version(package)))
        except PackageNotFoundError:
            continue
    return found
