"""The contract suites, for plugins' tests: `from qlop.testing import ModelContractSuite`."""

from __future__ import annotations

from core.api._lazy import lazy_attributes

_HOMES: dict[str, str] = {}

__getattr__, __dir__, __all__ = lazy_attributes("qlop.testing", _HOMES)
