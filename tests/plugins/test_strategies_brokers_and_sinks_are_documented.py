"""Every built-in strategy, broker and sink is documented, with every parameter."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from qlop import BrokerPlugin, SinkPlugin, StrategyPlugin

ROOT = Path(__file__).parents[2]
KINDS = {"strategies": StrategyPlugin, "brokers": BrokerPlugin, "sinks": SinkPlugin}


def plugins_of(kind):
    for path in sorted((ROOT / "plugins" / kind).glob("[a-z]*.py")):
        module = import_module(f"plugins.{kind}.{path.stem}")
        yield from (
            found
            for found in vars(module).values()
            if isinstance(found, type) and issubclass(found, KINDS[kind]) and found.__module__ == module.__name__
        )


def fields_of(params):
    for name, field in params.model_fields.items():
        yield name
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and hasattr(part, "model_fields"):
                yield from fields_of(part)


@pytest.mark.parametrize("kind", KINDS)
def test_each_one_and_each_of_its_parameters_is_documented(kind):
    document = (ROOT / "docs" / f"{kind}.md").read_text(encoding="utf-8")
    plugins = list(plugins_of(kind))
    assert len(plugins) == len(list((ROOT / "plugins" / kind).glob("[a-z]*.py")))
    missing = [
        f"{plugin.name}: {word}"
        for plugin in plugins
        for word in (plugin.name, *fields_of(plugin.Params))
        if f"`{word}`" not in document
    ]
    assert missing == []
