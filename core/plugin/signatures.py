"""Hold a plugin's methods against its contract's signatures."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import FunctionType

from core.contracts.plugin import Plugin

__all__ = ["signature_problems"]

_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def signature_problems(cls: type[Plugin], contract: type[Plugin]) -> Iterator[str]:
    """Yield a sentence for each public method of the contract that the class cannot be called by."""
    for base in (contract, Plugin):
        for name, promised in vars(base).items():
            if not isinstance(promised, FunctionType) or (name.startswith("_") and name != "__init__"):
                continue
            found = inspect.getattr_static(cls, name)
            if found is promised or isinstance(found, (staticmethod, classmethod)):
                continue
            if not isinstance(found, FunctionType):
                yield f"{cls.__qualname__}.{name} is {type(found).__name__}; {base.__name__} promises a method."
            elif not _accepts(inspect.signature(found), inspect.signature(promised)):
                yield (
                    f"{cls.__qualname__}.{name}{_shown(found)} cannot be called as "
                    f"{base.__name__}.{name}{_shown(promised)}."
                )


def _accepts(found: inspect.Signature, promised: inspect.Signature) -> bool:
    """Whether every call that the promise allows is one that the method takes, by position and by name."""
    parameters = list(found.parameters.values())
    if any(parameter.kind in _VARIADIC for parameter in parameters):
        return True
    names = list(promised.parameters)
    by_position = [
        name for name, parameter in promised.parameters.items() if parameter.kind is not parameter.KEYWORD_ONLY
    ]
    own_by_position = [parameter.name for parameter in parameters if parameter.kind is not parameter.KEYWORD_ONLY]
    extra = [parameter for parameter in parameters if parameter.name not in names]
    return (
        own_by_position[: len(by_position)] == by_position
        and set(names) <= {parameter.name for parameter in parameters}
        and all(parameter.default is not parameter.empty for parameter in extra)
    )


def _shown(function: FunctionType) -> str:
    return f"({', '.join(inspect.signature(function).parameters)})"
