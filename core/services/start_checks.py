"""What can be known of a config's plugins before a run begins: where a refusal leaves no trace.

1. A secret's reference has to lead somewhere.
2. Each plugin is asked by its `check`, as far as the mode uses its section: a device, a file, a module is not there.
3. The run that an export names must have trained a model that can be loaded here, and the exporter is asked whether it
   takes that one.
4. The run that a backtest trades must have made predictions. They must suit its strategies, and so must those of a
   model's file (predictions_in_use.py).

Sinks are asked by whoever resolves the config, as their answer depends on what the runs before have written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from core.base.errors import ConfigError, PluginError, QlopError
from core.base.validation import FieldProblem, Where, place_of
from core.services.export_refusals import export_refusal, loading_refusal
from core.services.params_json import lost_secrets
from core.services.plugin_slots import PluginSlot, plugin_slots
from core.services.predictions_in_use import refusal_of_model_file, refusal_of_predictions
from core.store.run_folder import RunFolder

if TYPE_CHECKING:
    from core.config.run_config import RunConfig
    from core.plugin.registry import PluginRegistry
    from core.services.workbench import Workbench

__all__ = ["refuse_at_start", "start_problems"]

_ASKED_ELSEWHERE = frozenset({"orchestrators", "sinks"})
_NAME_ANOTHER = "Name a run of mode train or pipeline; find one with: qlop runs list --mode train"


def refuse_at_start(config: RunConfig, workbench: Workbench, registry: PluginRegistry, where: Where) -> None:
    """Refuse a config for the problems that `start_problems` finds.

    Raises
    ------
    ConfigError
        If there are any; all are told, each with the place of its field.
    """
    problems = start_problems(config, workbench, registry)
    if problems:
        raise ConfigError("\n".join(f"{place_of(where, found.path)}: {found.message}" for found in problems))


def start_problems(config: RunConfig, workbench: Workbench, registry: PluginRegistry) -> list[FieldProblem]:
    """Return what the plugins of a config know to be wrong now; messages begin with the section's field."""
    used = registry.load("orchestrators", config.mode).used_sections  # type: ignore[attr-defined]  # of the kind
    slots = plugin_slots(config.model_dump(mode="json"))
    asked = [slot for slot in slots if slot.kind not in _ASKED_ELSEWHERE and (used is None or slot.path[0] in used)]
    problems = [found for slot in asked for found in _refusals(slot, registry)]
    if not problems and config.export.model_run is not None and (used is None or "export" in used):
        problems += _refusal_of_model(config, config.export.model_run, workbench, registry)
    if not problems and config.backtest.predictions_run is not None and (used is None or "backtest" in used):
        problems += refusal_of_predictions(config, config.backtest.predictions_run, workbench, registry)
    if not problems and config.backtest.model_file is not None and (used is None or "backtest" in used):
        problems += refusal_of_model_file(config, config.backtest.model_file, registry)
    return problems


def _refusals(slot: PluginSlot, registry: PluginRegistry) -> Iterator[FieldProblem]:
    try:
        plugin = registry.create(slot.kind, slot.name, slot.params)
    except QlopError:
        # Whoever checks parameters has told of it.
        return
    lost = lost_secrets(plugin.params)
    if lost:
        yield from (_within(slot, found.path, found.message) for found in lost)
        return
    try:
        plugin.check()
    except QlopError as error:
        yield _within(slot, _field(str(error), plugin.params), str(error))
    except Exception as error:  # noqa: BLE001 - a plugin's own check may raise anything
        yield _within(slot, (), f"its check fails with {type(error).__name__}: {error}.")


def _within(slot: PluginSlot, field: Sequence[str | int], message: str) -> FieldProblem:
    section = ".".join(map(str, slot.params_path))
    return FieldProblem((*slot.params_path, *field), f"{section}{'.' if field else ': '}{message}")


def _field(message: str, params: Any) -> tuple[str | int, ...]:  # noqa: ANN401 - any plugin's
    """Return the field that a message begins with; none where it begins otherwise."""
    steps = message.partition(" ")[0].rstrip(":,").split(".")
    if steps[0] not in type(params).model_fields:
        return ()
    return tuple(_tagged([int(step) if step.isdecimal() else step for step in steps], params))


def _tagged(steps: Sequence[str | int], value: Any) -> Iterator[str | int]:  # noqa: ANN401 - any plugin's
    """Yield the steps of a path as `FieldProblem` has it: behind the field of a discriminated union stands its tag."""
    for step in steps:
        yield step
        field = type(value).model_fields.get(str(step)) if isinstance(value, BaseModel) else None
        value = getattr(value, str(step), None) if field is not None else _entry(value, step)
        if field is not None and isinstance(field.discriminator, str):
            yield str(getattr(value, field.discriminator))


def _entry(value: Any, step: str | int) -> Any:  # noqa: ANN401 - any plugin's
    """Return the entry of a list; None of anything else, as nothing is known of its fields."""
    return value[step] if isinstance(value, (list, tuple)) and isinstance(step, int) and step < len(value) else None


def _trains_a_model(trained: Mapping[str, Any], registry: PluginRegistry) -> bool:
    """Return whether a run of this config may have trained a model: its mode uses the section, and it is there."""
    try:
        used = registry.load("orchestrators", str(trained.get("mode"))).used_sections  # type: ignore[attr-defined]
    except PluginError:
        # A mode that is not there any more may have trained one: the run's files will tell.
        return True
    return used is None or ("model" in used and trained.get("model") is not None)


def _refusal_of_model(
    config: RunConfig, model_run: str, workbench: Workbench, registry: PluginRegistry
) -> list[FieldProblem]:
    trained = RunFolder.open(workbench.home, model_run).config()
    if not _trains_a_model(trained, registry):
        told = f"export.model_run is {model_run}, a run of mode {trained.get('mode')!r}, which trained no model."
        return [FieldProblem(("export", "model_run"), f"{told} {_NAME_ANOTHER}")]
    loading = loading_refusal(trained, registry)
    if loading:
        model = trained["model"]["model_type"]  # type: ignore[index,call-overload]  # it was made of this section
        told = f"export.model_run is {model_run}, whose model {model!r} cannot be loaded here: {loading}"
        return [FieldProblem(("export", "model_run"), told)]
    export = config.export
    refusal = export_refusal(trained, export.exporter_type, export.exporter_params, registry)
    if not refusal:
        return []
    model = trained["model"]["model_type"]  # type: ignore[index,call-overload]  # it was made of this section
    told = f"export.exporter_type is {export.exporter_type!r}, and the model of run {model_run} is {model!r}"
    return [FieldProblem(("export", "exporter_type"), f"{told}: {refusal}")]
