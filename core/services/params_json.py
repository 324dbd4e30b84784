"""A plugin's parameters as JSON, secrets as the references that they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import SecretBytes, SecretStr

from core.base.errors import ConfigError
from core.base.validation import FieldProblem
from core.config.store_url import resolve_secret

if TYPE_CHECKING:
    from core.contracts.params import Params

__all__ = ["clear_secrets", "lost_secrets", "params_json"]

_REFERENCES = ("env:", "file:")

_Path = tuple[str | int, ...]
_Secret = SecretStr | SecretBytes


def params_json(params: Params) -> dict[str, Any]:
    """Return the parameters with all defaults, in JSON types.

    Pydantic writes a secret as stars; what refers to one is no secret, and a config that is to run again needs it.
    """
    found: dict[str, Any] = _with_references(params.model_dump(mode="json"), params.model_dump())
    return found


def clear_secrets(params: Params) -> list[FieldProblem]:
    """Return a problem for each secret that stands there itself and not as a reference; the text does not hold it."""
    return [
        FieldProblem(path, f"{'.'.join(map(str, path))} holds a secret; write where it is kept: env:NAME or file:PATH.")
        for path, secret in _secrets(params.model_dump(), ())
        if not _is_reference(secret)
    ]


def lost_secrets(params: Params) -> list[FieldProblem]:
    """Return a problem for each secret whose reference leads nowhere; the text names the reference."""
    problems = []
    for path, secret in _secrets(params.model_dump(), ()):
        try:
            resolve_secret(secret.get_secret_value() if isinstance(secret, SecretStr) else "")
        except ConfigError as error:
            problems.append(FieldProblem(path, f"{'.'.join(map(str, path))}: {error}"))
    return problems


def _with_references(shown: Any, held: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(held, SecretStr) and _is_reference(held):
        return held.get_secret_value()
    if isinstance(held, Mapping) and isinstance(shown, Mapping):
        return {
            key: _with_references(value, inner)
            for (key, value), inner in zip(shown.items(), held.values(), strict=True)
        }
    if isinstance(held, (list, tuple)) and isinstance(shown, list):
        return [_with_references(value, inner) for value, inner in zip(shown, held, strict=True)]
    return shown


def _secrets(held: object, path: _Path) -> list[tuple[_Path, _Secret]]:
    if isinstance(held, (SecretStr, SecretBytes)):
        return [(path, held)]
    if isinstance(held, Mapping):
        return [found for key, inner in held.items() for found in _secrets(inner, (*path, str(key)))]
    if isinstance(held, (list, tuple)):
        return [found for position, inner in enumerate(held) for found in _secrets(inner, (*path, position))]
    return []


def _is_reference(secret: _Secret) -> bool:
    if isinstance(secret, SecretBytes):
        return False
    return not secret.get_secret_value() or secret.get_secret_value().startswith(_REFERENCES)
