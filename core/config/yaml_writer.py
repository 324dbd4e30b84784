"""YAML that every reader understands alike.

A text that YAML 1.1 or 1.2 would take for something else (`on`, `1:30`, `1e5`, `1234e567`) is put in quotes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from core.config.yaml_reader import CORE_SCALARS

__all__ = ["write_yaml"]


class _Dumper(yaml.SafeDumper):
    """Quotes what any of the two schemas resolves."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own shape
        first: [*yaml.SafeDumper.yaml_implicit_resolvers.get(first, []), *CORE_SCALARS.get(first, [])]
        for first in yaml.SafeDumper.yaml_implicit_resolvers.keys() | CORE_SCALARS.keys()
    }


def _write_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # Within single quotes these are line breaks, which a reader folds into a blank.
    style = '"' if set("\x85\u2028\u2029") & set(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _write_text)


def write_yaml(values: Mapping[str, Any]) -> str:
    """Return plain values as YAML, in their order."""
    return yaml.dump(dict(values), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
