"""Configs from files and overrides: read, refuse what is wrong, return a frozen RunConfig."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from core.base.errors import ConfigError
from core.base.small_file import read_small_file
from core.base.validation import Where, explain_validation_error
from core.config.origins import ConfigOrigin
from core.config.overrides import apply_overrides
from core.config.secrets_in_clear import Advise, no_advice, refuse_secrets_in_clear
from core.config.unfit_values import MOST_LEVELS, refuse_deep_keys, refuse_unfit_values

if TYPE_CHECKING:
    from core.config.run_config import RunConfig

__all__ = ["load_config", "parse_config", "read_config_file"]

_MOST_BYTES = 1_000_000
_SUFFIXES = (".yaml", ".yml", ".json", ".toml")


def load_config(path: Path | str, overrides: Sequence[str] = ()) -> RunConfig:
    """Read a config file and apply overrides.

    Parameters
    ----------
    path : Path or str
        A .yaml, .yml, .json or .toml file of at most 1 MB.
    overrides : sequence of str
        Each "path.to.field=value"; the value is read as YAML ("[5, 20]", "true", "1e-3", text).

    Raises
    ------
    ConfigError
        If the file cannot be read, a password stands in it, or a field is unknown, missing or out of its bounds; all
        problems are listed.
    """
    changed = apply_overrides(read_config_file(Path(path)), overrides)
    return parse_config(changed, ConfigOrigin(str(path), overrides))


def parse_config(raw: Mapping[str, Any], where: Where, advise: Advise = no_advice) -> RunConfig:
    """Return the config that `raw` holds.

    Parameters
    ----------
    raw : mapping
        A config in JSON types.
    where : str or callable
        Names the origin of it, or of its parts, in errors.
    advise : callable
        Returns a sentence on what takes a secret instead of the field at a path, for errors.

    Raises
    ------
    ConfigError
        If a password stands in it, or a field is unknown, missing or out of its bounds.
    """
    from core.config.run_config import RunConfig

    refuse_secrets_in_clear(raw, where, advise)
    try:
        return RunConfig.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(explain_validation_error(error, where, RunConfig)) from error


def read_config_file(path: Path) -> dict[str, Any]:
    """Return a config file's mapping, unchecked but for its form.

    Raises
    ------
    ConfigError
        If the file is missing, no plain file, too large, of another type, not UTF-8, malformed, nested too deep, or
        holds no mapping.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise ConfigError(f"{path}: a config file ends in one of {', '.join(_SUFFIXES)}; found {path.suffix!r}.")
    text = _read_text(path)
    raw = _parse(text, path)
    refuse_unfit_values(raw, str(path))
    if raw is None:
        raise ConfigError(f"{path}: the file is empty. Start from one of configs/.")
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: a config is a mapping of sections; found a {type(raw).__name__}.")
    return raw


def _read_text(path: Path) -> str:
    try:
        return read_small_file(path, _MOST_BYTES).decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such file. Ready configs lie in configs/.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8.") from error
    except OSError as error:
        raise ConfigError(f"{path}: the file cannot be read: {error.strerror or error}.") from error


def _parse(text: str, path: Path) -> object:
    suffix, where = path.suffix.lower(), str(path)
    try:
        if suffix == ".json":
            return (
                json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys)
                if text.strip()
                else None
            )
        if suffix == ".toml":
            refuse_deep_keys(text, where)
            return tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError, ValueError) as error:
        raise ConfigError(f"{path}: {error}.") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: values are nested deeper than {MOST_LEVELS} levels; flatten the file.") from error
    from core.config.yaml_reader import parse_yaml

    return parse_yaml(text, where)


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not a number that a config may hold")


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    mapping: dict[str, object] = {}
    for key, value in pairs:
        if key in mapping:
            raise ValueError(f"the key {key!r:.60} stands twice")
        mapping[key] = value
    return mapping
