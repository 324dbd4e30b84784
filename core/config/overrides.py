"""`--set path=value`: one value of a config, replaced.

Errors name an option by its path alone: its value may be a secret that somebody has put in the wrong place.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.base.errors import ConfigError
from core.config.unfit_values import MOST_LEVELS, refuse_unfit_values

__all__ = ["apply_overrides", "override_path", "recorded_command", "shown_override"]

_POSITION = re.compile(r"[0-9]{1,9}")
_PATH = re.compile(r"[A-Za-z0-9_.]*")
_MOST_SHOWN = 120


def apply_overrides(raw: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Return a copy of `raw` with each override applied, in order.

    Parameters
    ----------
    raw : mapping
        A config as read from a file.
    overrides : sequence of str
        Each "path=value": the path's steps are joined by dots, a list's entries are numbered from 0, and the value is
        read as YAML, but for a field of texts, for which 2024 is text as well.

    Raises
    ------
    ConfigError
        If an override has no "=", an empty step, a list position that does not exist, or steps into a plain value; if
        values are nested more than 64 deep after it.
    """
    changed = copy.deepcopy(dict(raw))
    for override in overrides:
        _replace(changed, override_path(override), _value(override), override)
        refuse_unfit_values(changed, shown_override(override))
    return changed


def override_path(override: str) -> tuple[str, ...]:
    """Return the steps of the path that an override sets.

    Raises
    ------
    ConfigError
        If it has no "=", an empty step, or more steps than a config has levels, or is a URL.
    """
    path, equals, _ = override.partition("=")
    steps = tuple(path.strip().split("."))
    if not equals or not all(steps):
        raise ConfigError(
            f"{shown_override(override)} is not of the form path.to.field=value, such as splits.train_bars=504."
        )
    if "://" in path:
        # A URL without a path before it: an = of its password would end what looks like one.
        raise ConfigError("--set: a URL stands where a path.to.field=value must; the value follows the first =.")
    if len(steps) > MOST_LEVELS:
        raise ConfigError(
            f"{shown_override(override)}: the path has {len(steps):,} steps; at most {MOST_LEVELS} may be."
        )
    return steps


def shown_override(override: str) -> str:
    """Return how errors name an option: `--set`, its path, and nothing of its value.

    Where there is no "=" to end the path, what looks like one is shown.
    """
    path, equals, _ = override.partition("=")
    whole = path.strip() if equals else "".join(_PATH.findall(path.strip())[:1])
    shown = whole if len(whole) <= _MOST_SHOWN else f"{whole[: _MOST_SHOWN - 3]}..."
    return f"--set {shown if equals else f'{shown}...'}"


def recorded_command(command: Sequence[str], overrides: Sequence[str]) -> tuple[str, ...]:
    """Return a command line for the record, without the values of options that later ones have put aside.

    What a run goes by has been checked for secrets; what was put aside has not.
    """
    paths = [override_path(override) for override in overrides]
    in_force = {
        override
        for place, (override, path) in enumerate(zip(overrides, paths, strict=True))
        if not any(later[: len(path)] == path or path[: len(later)] == later for later in paths[place + 1 :])
    }
    shown = {
        f"{option}{override}": f"{option}{override.partition('=')[0]}=***"
        for override in set(overrides) - in_force
        for option in ("", "--set=", "-s")
    }
    return tuple(shown.get(argument, argument) for argument in command)


def _value(override: str) -> object:
    from core.config.run_config import RunConfig
    from core.config.typed_values import typed_value

    return typed_value(override.partition("=")[2], override_path(override), RunConfig, shown_override(override))


def _replace(container: Any, steps: Sequence[str], value: object, override: str) -> None:  # noqa: ANN401 - plain JSON
    *parents, last = steps
    for number, step in enumerate(parents):
        container = _enter(container, step, ".".join(steps[: number + 1]), override)
    if isinstance(container, list):
        container[_position(container, last, override)] = value
    elif isinstance(container, dict):
        container[last] = value
    else:
        raise ConfigError(_not_a_container(".".join(parents), override))


def _enter(container: Any, step: str, path: str, override: str) -> Any:  # noqa: ANN401 - plain JSON
    if isinstance(container, list):
        return container[_position(container, step, override)]
    if not isinstance(container, dict):
        raise ConfigError(_not_a_container(path.rpartition(".")[0], override))
    if container.get(step) is None:
        container[step] = {}
    return container[step]


def _position(entries: list[Any], step: str, override: str) -> int:
    if not _POSITION.fullmatch(step) or int(step) >= len(entries):
        raise ConfigError(
            f"{shown_override(override)}: {step!r} is no position in a list of {len(entries)}; "
            f"positions are 0 to {len(entries) - 1}."
        )
    return int(step)


def _not_a_container(path: str, override: str) -> str:
    return f"{shown_override(override)}: {path} is a plain value, so nothing lies below it."
