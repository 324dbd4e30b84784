"""A config that somebody is still writing: what is wrong with it, and what it would run as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.base.clear_passwords import without_passwords
from core.base.errors import QlopError
from core.base.validation import FieldProblem
from core.services.draft_problems import draft_problems
from core.services.resolve import resolve_config
from core.services.secret_fields import without_secrets

if TYPE_CHECKING:
    from core.config.run_config import RunConfig
    from core.plugin.registry import PluginRegistry
    from core.services.workbench import Workbench

__all__ = ["CheckedDraft", "check_draft"]


@dataclass(frozen=True)
class CheckedDraft:
    """A draft and what is to be said about it.

    Attributes
    ----------
    config : RunConfig or None
        The config as it would run, every default written out; None where there are problems.
    problems : tuple of FieldProblem
        All of them, each with the path of its field in the config.
    yaml_text : str
        The config as it would run, as a file for `--config`; the draft as written where there are problems, with stars
        in the place of secrets that stand there in the clear.
    command : str
        What runs that file.
    """

    config: RunConfig | None
    problems: tuple[FieldProblem, ...]
    yaml_text: str
    command: str


def check_draft(workbench: Workbench, raw: Mapping[str, Any], registry: PluginRegistry | None = None) -> CheckedDraft:
    """Check a draft and write it out; whatever `raw` holds, this answers and does not raise.

    Parameters
    ----------
    workbench : Workbench
        Home, settings, plugins.
    raw : mapping
        A config in JSON types, as far as it is written.
    registry : PluginRegistry, optional
        Knows the plugins; the workbench's own by default, and for a draft that disables plugins.
    """
    disabled = _disabled(raw)
    known = workbench.registry(disabled) if registry is None or disabled else registry
    config, problems = draft_problems(workbench, raw, known)
    if config is not None and not problems:
        try:
            config = resolve_config(config, known, "config")
        except QlopError as error:
            problems = [FieldProblem((), str(error))]
    if config is None or problems:
        shown = without_secrets(raw, known)
        # A plugin's own words may repeat what they found.
        told = tuple(FieldProblem(found.path, without_passwords(found.message)) for found in problems)
        return CheckedDraft(None, told, _yaml(shown), _command(shown))
    return CheckedDraft(config, (), _yaml(config.model_dump(mode="json")), _command(raw))


def _command(raw: Mapping[str, Any]) -> str:
    mode = raw.get("mode", "pipeline")
    return f"qlop run {mode} --config {mode}.yaml"


def _disabled(raw: Mapping[str, Any]) -> tuple[str, ...]:
    plugins = raw.get("plugins")
    names = plugins.get("disabled") if isinstance(plugins, Mapping) else None
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, (list, tuple)) else ()


def _yaml(config: Mapping[str, Any]) -> str:
    from core.config.yaml_writer import write_yaml

    return write_yaml({str(key): _plain(value) for key, value in config.items()})


def _plain(value: object) -> object:
    """Return the value in YAML's own types."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
