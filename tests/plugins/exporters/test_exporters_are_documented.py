"""Every built-in exporter is documented, with every parameter."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from qlop import ExporterPlugin

ROOT = Path(__file__).parents[3]
NAMES = sorted(path.stem for path in (ROOT / "plugins" / "exporters").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_each_one_and_each_of_its_parameters_is_documented(name: str) -> None:
    document = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    module = import_module(f"plugins.exporters.{name}")
    (plugin,) = (
        found
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, ExporterPlugin) and found.__module__ == module.__name__
    )
    missing = [word for word in (plugin.name, *plugin.Params.model_fields) if f"`{word}`" not in document]
    assert missing == []
