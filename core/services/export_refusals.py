"""Which formats a trained model cannot leave in, and why: known from its run's config, and from no trained file.

1. The model is made as its run's config says, untrained.
2. It is asked by its `check_loading` whether a trained one can be loaded here, and so are the models in it.
3. The exporter is asked by its `check_model`. What depends on the training is known to the export alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from core.base.errors import ConfigError, ExportError, QlopError
from core.services.run_names import find_run
from core.store.run_folder import RunFolder

if TYPE_CHECKING:
    from core.contracts.exporter import ExporterPlugin
    from core.contracts.model import ModelPlugin
    from core.plugin.registry import PluginRegistry
    from core.services.workbench import Workbench

__all__ = ["export_refusal", "export_refusals", "loading_refusal"]


def export_refusal(
    trained: Mapping[str, Any], exporter_type: str, exporter_params: Mapping[str, Any], registry: PluginRegistry
) -> str:
    """Return why an exporter cannot write the model of a run.

    Parameters
    ----------
    trained : mapping
        The config of the run that trained the model, as resolved.
    exporter_type, exporter_params : str, mapping
        The format.
    registry : PluginRegistry
        Makes both plugins.

    Returns
    -------
    str
        Anybody's text; empty where nothing speaks against it, and where the model or the exporter cannot be made, which
        is told by whoever needs them.
    """
    try:
        section = trained["model"]
        model: ModelPlugin = registry.create("models", str(section["model_type"]), section["model_params"])
        exporter: ExporterPlugin = registry.create("exporters", exporter_type, exporter_params)
    except (KeyError, TypeError, QlopError):
        return ""
    try:
        exporter.check_model(model)
    except ExportError as error:
        return str(error)
    except QlopError:
        return ""
    except Exception as error:  # noqa: BLE001 - a plugin's own check may raise anything
        return f"its check of the model fails with {type(error).__name__}: {error}."
    return ""


def export_refusals(
    workbench: Workbench, model_run: str, exporters: Iterable[str], registry: PluginRegistry
) -> dict[str, str]:
    """Return the formats among `exporters` that cannot take a run's model, each with the reason.

    Exporters are asked with their parameters' defaults.

    Raises
    ------
    RunIdError
        If there is no such run.
    """
    trained = RunFolder.open(workbench.home, find_run(workbench, model_run)).config()
    loading = loading_refusal(trained, registry)
    found = {name: loading or export_refusal(trained, name, {}, registry) for name in exporters}
    return {name: reason for name, reason in found.items() if reason}


def loading_refusal(trained: Mapping[str, Any], registry: PluginRegistry) -> str:
    """Return why the model of a run cannot be loaded here, as far as its config tells; empty where it can.

    Parameters
    ----------
    trained : mapping
        The config of the run that trained the model, as resolved.
    registry : PluginRegistry
        Makes the model; one that cannot be made is told by whoever needs it.
    """
    try:
        section = trained["model"]
        model: ModelPlugin = registry.create("models", str(section["model_type"]), section["model_params"])
    except (KeyError, TypeError, QlopError):
        return ""
    try:
        _check_loading(model, "")
    except QlopError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - a plugin's own check may raise anything
        return f"its check fails with {type(error).__name__}: {error}."
    return ""


def _check_loading(model: ModelPlugin, named: str) -> None:
    try:
        model.check_loading()
    except QlopError as error:
        raise ConfigError(f"{named}{error}") from error
    for name, part in model.untrained_parts():
        _check_loading(part, f"its member {name!r}: ")
