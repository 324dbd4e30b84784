"""Safe YAML: the 1.2 core schema, no tags, no duplicate keys, and bounds on aliases and depth.

Under YAML 1.1, which PyYAML speaks, the ticker ON is true, 1:30 is 90 and 1e-3 is text. The core schema of 1.2 knows
true, false, null, numbers and text only; dates stay text until a field asks for a date.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any, cast

import yaml

from core.base.errors import ConfigError
from core.config.unfit_values import MOST_LEVELS

__all__ = ["CORE_SCALARS", "parse_yaml"]

_MOST_NODES = 100_000
_FOUND_NO_VALUE = (
    "found character",
    "expected alphabetic or numeric character",
    "expected the node content",
    "expected a comment or a line break",
    "mapping values are not allowed",
)


class _CoreSchemaLoader(yaml.SafeLoader):
    """Loads scalars by the core schema and refuses duplicate keys."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own shape

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401 - PyYAML's own
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise yaml.composer.ComposerError(
                None,
                None,
                _refused_tag(str(tag)),
                event.start_mark,
            )
        node: yaml.Node | None = super().compose_node(parent, index)
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r:.60} is not text; put it in quotes", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r:.60} stands twice", key_node.start_mark
                )
            seen.add(key)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


def _resolve(tag: str, pattern: str, first_characters: str) -> None:
    _CoreSchemaLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first_characters))


_resolve("null", r"^(?:~|null|Null|NULL|)$", "~nN")
_resolve("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF")
_resolve("int", r"^[-+]?[0-9]+$", "-+0123456789")
_resolve("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789")
_CoreSchemaLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])


def _whole_number(loader: yaml.SafeLoader, node: yaml.Node) -> int:
    return int(loader.construct_scalar(cast("yaml.ScalarNode", node)))


def _number(loader: yaml.SafeLoader, node: yaml.Node) -> float:
    return float(loader.construct_scalar(cast("yaml.ScalarNode", node)))


_CoreSchemaLoader.add_constructor("tag:yaml.org,2002:int", _whole_number)
_CoreSchemaLoader.add_constructor("tag:yaml.org,2002:float", _number)

CORE_SCALARS = _CoreSchemaLoader.yaml_implicit_resolvers


def parse_yaml(text: str, where: str) -> object:
    """Return what `text` says.

    Raises
    ------
    ConfigError
        If it is not YAML, bears a tag, repeats a key, or grows beyond 100,000 values or 64 levels.
    """
    try:
        loader = _CoreSchemaLoader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _refuse_bombs(node, where)
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        # From None: the cause quotes the line, and a password may stand there.
        raise ConfigError(f"{where}: {_position(error)}{_problem(error)}.") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{where}: this is not YAML: {error}.") from error
    except RecursionError as error:
        raise ConfigError(f"{where}: values are nested deeper than {MOST_LEVELS} levels; flatten the file.") from error


def _refused_tag(tag: str) -> str:
    if tag.startswith("!"):
        # Somebody's password may begin so: it is not repeated.
        return (
            "a tag is refused; a config holds plain values only: remove it, or put a text that begins with ! in quotes"
        )
    return f"the tag {tag!r:.60} is refused; a config holds plain values only, so remove the tag"


def _problem(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "this is not YAML"
    if problem.startswith("found undefined alias"):
        return "found an alias to nothing; put a text that begins with * in quotes"
    if problem.startswith(_FOUND_NO_VALUE):
        return f"{problem}; if it belongs to a text, put that in quotes, such as '%d.%m.%Y'"
    return problem


def _position(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    return f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""


def _refuse_bombs(root: yaml.Node, where: str) -> None:
    """Count values as if every alias were written out; an alias shares its node, so sizes are remembered."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node, depth: int) -> int:
        if depth > MOST_LEVELS:
            raise ConfigError(f"{where}: values are nested deeper than {MOST_LEVELS} levels; flatten the file.")
        if id(node) in open_nodes:
            raise ConfigError(f"{where}: an alias contains itself; write the value out.")
        if id(node) not in sizes:
            open_nodes.add(id(node))
            sizes[id(node)] = 1 + sum(size(child, depth + 1) for child in _children(node))
            open_nodes.discard(id(node))
        if sizes[id(node)] > _MOST_NODES:
            raise ConfigError(
                f"{where}: with its aliases written out this holds more than {_MOST_NODES:,} values; "
                "write the repeated parts out, or remove them."
            )
        return sizes[id(node)]

    size(root, 1)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
