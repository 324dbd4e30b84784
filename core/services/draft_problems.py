"""Everything that is wrong with a config that somebody is still writing, field by field.

1. Secrets that stand in it in the clear: nothing else is told then, as other words repeat what they found.
2. The config's own fields.
3. The parameters of every plugin that it names, each by itself.
4. Sections that the mode cannot do without, and runs and a model's file that are used and are not there.
5. What plugins know to be missing here: devices, files, secrets.
6. What the mode refuses, unless a plugin that it asks about is wrong itself, and what each sink refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from core.base.errors import PluginError, QlopError
from core.base.validation import FieldProblem, field_problems
from core.config.run_config import RunConfig
from core.config.secrets_in_clear import secrets_in_clear
from core.services.params_json import clear_secrets
from core.services.plugin_slots import PluginSlot, plugin_slots
from core.services.run_names import with_run_ids
from core.services.secret_fields import advice_on_secrets
from core.services.sink_writing import ask_sink
from core.services.start_checks import start_problems
from core.services.used_model_file import with_model_file

if TYPE_CHECKING:
    from core.contracts.orchestrator import OrchestratorPlugin
    from core.plugin.registry import PluginRegistry
    from core.services.workbench import Workbench

__all__ = ["draft_problems"]

_Path = tuple[str | int, ...]


def draft_problems(
    workbench: Workbench, raw: Mapping[str, Any], registry: PluginRegistry
) -> tuple[RunConfig | None, list[FieldProblem]]:
    """Return the config as written, None where its own fields are wrong, and all problems."""
    in_clear = secrets_in_clear(raw, advice_on_secrets(raw, registry))
    if in_clear:
        return None, in_clear
    config, problems = _parsed(raw)
    for slot in plugin_slots(raw):
        problems += _plugin_problems(slot, registry)
    told = {problem.path[:1] for problem in problems}
    missing = [problem for problem in _missing_sections(raw, registry) if problem.path not in told]
    problems += missing
    if config is None:
        return None, problems
    for check in (partial(with_run_ids, workbench=workbench), with_model_file):
        try:
            config = check(config)
        except QlopError as error:
            problems.append(_led_by_its_field(error))
    if not problems:
        problems += start_problems(config, workbench, registry)
    mode_is_known = ("mode",) not in {problem.path for problem in problems}
    if mode_is_known and not missing:
        problems += _refusals_of_mode(config, registry)
    return config, [*problems, *_refusals_of_sinks(config, registry, told)]


def _parsed(raw: Mapping[str, Any]) -> tuple[RunConfig | None, list[FieldProblem]]:
    try:
        return RunConfig.model_validate(dict(raw)), []
    except ValidationError as error:
        return None, list(field_problems(error, RunConfig))


def _plugin_problems(slot: PluginSlot, registry: PluginRegistry) -> list[FieldProblem]:
    try:
        plugin_class = registry.load(slot.kind, slot.name)
    except PluginError as error:
        return [FieldProblem(slot.type_path, str(error))]
    try:
        params = plugin_class.Params.model_validate(dict(slot.params))
        plugin_class(slot.name, params)
    except ValidationError as error:
        found = field_problems(error, plugin_class.Params)
        return [FieldProblem((*slot.params_path, *problem.path), problem.message) for problem in found]
    except Exception as error:  # noqa: BLE001 - a plugin may refuse its parameters with anything
        return [FieldProblem(slot.params_path, _told(error))]
    return [FieldProblem((*slot.params_path, *found.path), found.message) for found in clear_secrets(params)]


def _missing_sections(raw: Mapping[str, Any], registry: PluginRegistry) -> Iterator[FieldProblem]:
    mode = raw.get("mode", "pipeline")
    try:
        required = registry.get("orchestrators", str(mode)).required_sections
    except PluginError:
        return
    for section in required:
        field = RunConfig.model_fields.get(section)
        if not raw.get(section) and not (field and field.default):
            yield FieldProblem((section,), f"{section} is missing; mode {mode!r} needs it.")


def _refusals_of_mode(config: RunConfig, registry: PluginRegistry) -> list[FieldProblem]:
    unmade = False

    def make_plugin(kind: str, name: str, params: Mapping[str, Any], /) -> Any:  # noqa: ANN401 - by kind
        nonlocal unmade
        try:
            return registry.create(kind, name, params)
        except QlopError:
            unmade = True
            raise

    try:
        mode: OrchestratorPlugin = make_plugin("orchestrators", config.mode, config.mode_params)
        mode.check_config(config, make_plugin)
    except QlopError as error:
        # What is wrong with a plugin's parameters has been told beside them.
        return [] if unmade else [_led_by_its_field(error)]
    except Exception as error:  # noqa: BLE001 - a mode's own check may raise anything
        return [FieldProblem(("mode",), f"Mode {config.mode!r} cannot check the config: {_told(error)}")]
    return []


def _refusals_of_sinks(config: RunConfig, registry: PluginRegistry, told: set[_Path]) -> Iterator[FieldProblem]:
    if ("sinks",) in told:
        return
    for position, wanted in enumerate(config.sinks):
        try:
            ask_sink(wanted, config.mode, registry)
        except Exception as error:  # noqa: BLE001 - a sink's own check may raise anything
            yield FieldProblem(("sinks", position), _told(error))


def _led_by_its_field(error: QlopError) -> FieldProblem:
    """Return the problem of an error whose message begins with its field."""
    text = str(error)
    path = tuple(int(part) if part.isdecimal() else part for part in text.partition(" ")[0].rstrip(":,").split("."))
    return FieldProblem(path if path[0] in RunConfig.model_fields else (), text)


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, QlopError) else f"{type(error).__name__}: {error}."
