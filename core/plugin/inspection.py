"""Read a plugin class and say which rules of the plugin contract it breaks."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic.errors import PydanticUserError

from core.base.form_schema import form_schema
from core.contracts.kinds import KINDS, PluginKind
from core.contracts.params import Params
from core.contracts.plugin import Plugin
from core.plugin.scan_outcome import ScannedClass
from core.plugin.signatures import signature_problems

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["find_problems", "is_compatible", "plugin_classes", "read_class"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


def plugin_classes(module: ModuleType) -> list[type[Plugin]]:
    """Return the plugin classes that `module` itself defines, in its order; names with an underscore are its own."""
    return [
        value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Plugin)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    ]


def read_class(cls: type[Plugin], kind: str, fallback_name: str, qlop_version: str) -> ScannedClass:
    """Return what the class states about itself, and its problems.

    Parameters
    ----------
    cls : type
        The class to read.
    kind : str
        The kind that its place says.
    fallback_name : str
        What it goes by if it has no usable name.
    qlop_version : str
        Version that `requires_qlop` is held against.
    """
    problems, schema = _problems_and_schema(cls, KINDS[kind])
    documentation = inspect.cleandoc(cls.__dict__.get("__doc__") or "")
    name = getattr(cls, "name", None)
    needs = "" if problems or is_compatible(cls.requires_qlop, qlop_version) else _incompatibility(cls, qlop_version)
    return ScannedClass(
        name=name if isinstance(name, str) and _NAME.fullmatch(name) else fallback_name,
        class_name=cls.__qualname__,
        version=str(cls.version),
        requires_qlop=str(cls.requires_qlop),
        capabilities=tuple(sorted(map(str, cls.capabilities))) if isinstance(cls.capabilities, frozenset) else (),
        summary=documentation.partition("\n")[0],
        documentation=documentation,
        schema={} if problems else schema,
        problem=" ".join(problems) or needs,
        is_incompatible=bool(needs),
        required_sections=_sections(getattr(cls, "required_sections", ())) or (),
        used_sections=_sections(getattr(cls, "used_sections", None)),
    )


def is_compatible(requires_qlop: str, qlop_version: str) -> bool:
    """Whether a valid range of versions holds this QLOP; an empty one holds any."""
    return SpecifierSet(requires_qlop).contains(qlop_version, prereleases=True)


def find_problems(cls: type[Plugin], kind: PluginKind) -> Iterator[str]:
    """Yield a sentence for each rule that the class breaks."""
    yield from _problems_and_schema(cls, kind)[0]


def _problems_and_schema(cls: type[Plugin], kind: PluginKind) -> tuple[list[str], dict[str, Any]]:
    # A schema takes longer to make than all else here; whether it can be made is asked by making it.
    if not issubclass(cls, kind.contract):
        return [_wrong_kind(cls, kind)], {}
    of_params, schema = _params_problems_and_schema(cls)
    return [*_class_problems(cls, kind), *of_params], schema


def _class_problems(cls: type[Plugin], kind: PluginKind) -> Iterator[str]:
    missing = sorted(getattr(cls, "__abstractmethods__", ()))
    if missing:
        yield f"{cls.__qualname__} lacks {', '.join(missing)} of qlop.{kind.contract_name}."
    yield from _naming_problems(cls)
    yield from _version_problems(cls)
    yield from signature_problems(cls, kind.contract)


def _sections(stated: object) -> tuple[str, ...] | None:
    return tuple(sorted(map(str, stated))) if isinstance(stated, frozenset) else None


def _wrong_kind(cls: type[Plugin], kind: PluginKind) -> str:
    actual = next((other for other in KINDS.values() if issubclass(cls, other.contract)), None)
    advice = f"It is a {actual.singular}: move it to {actual.folder}" if actual else "Inherit it"
    return f"{cls.__qualname__} does not inherit qlop.{kind.contract_name}. {advice}."


def _naming_problems(cls: type[Plugin]) -> Iterator[str]:
    name = getattr(cls, "name", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        found = "has no name" if name is None else f"has the name {name!r}"
        yield (
            f"{cls.__qualname__} {found}; give it one of at most 60 small letters, digits and underscores, "
            'such as name = "ridge".'
        )
    if not (cls.__dict__.get("__doc__") or "").strip():
        yield f"{cls.__qualname__} has no docstring; its first line is what a picker shows."
    capabilities = cls.capabilities
    if not isinstance(capabilities, frozenset) or not all(isinstance(entry, str) for entry in capabilities):
        yield f"{cls.__qualname__}.capabilities is {capabilities!r}; it must be a frozenset of texts."


def _version_problems(cls: type[Plugin]) -> Iterator[str]:
    try:
        Version(cls.version)
    except (InvalidVersion, TypeError):
        yield f"{cls.__qualname__}.version is {cls.version!r}; it must be a version such as '1.0.0' (PEP 440)."
    try:
        SpecifierSet(cls.requires_qlop)
    except (InvalidSpecifier, TypeError, AttributeError):
        found = cls.requires_qlop
        yield f"{cls.__qualname__}.requires_qlop is {found!r}; it must be a range such as '>=0.1,<1' (PEP 440)."


def _incompatibility(cls: type[Plugin], qlop_version: str) -> str:
    return (
        f"It needs QLOP {cls.requires_qlop}, and this is QLOP {qlop_version}. "
        "Install a version of it that fits, or change QLOP's."
    )


def _params_problems_and_schema(cls: type[Plugin]) -> tuple[list[str], dict[str, Any]]:
    params, where = cls.Params, f"{cls.__qualname__}.Params"
    if not (isinstance(params, type) and issubclass(params, Params)):
        return [f"{where} does not inherit qlop.Params."], {}
    found = []
    if params.model_config.get("frozen") is not True or params.model_config.get("extra") != "forbid":
        found.append(
            f"{where} changes model_config; it must stay frozen=True and extra='forbid', as qlop.Params has it."
        )
    try:
        schema = form_schema(params)
    except PydanticUserError as error:
        why = str(error).splitlines()[0]
        return [*found, f"{where} gives no JSON schema, which forms and help are made of: {why}."], {}
    return [*found, *_field_problems(params, where)], schema


def _field_problems(model: type[BaseModel], where: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if not field.description:
            yield f"{where}.{name} has no description; write it as Field(description=...)."
