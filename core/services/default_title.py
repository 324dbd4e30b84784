"""What a run is called that nobody has given a title, where its config says more than its mode does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.services.model_exports import MODE
from core.store.run_folder import RunFolder

if TYPE_CHECKING:
    from core.config.run_config import RunConfig
    from core.services.workbench import Workbench

__all__ = ["with_title"]

_LONGEST = 200


def with_title(config: RunConfig, workbench: Workbench) -> RunConfig:
    """Return a config whose export bears a title: the model, its run and the format; any other config as it is.

    Parameters
    ----------
    config : RunConfig
        With the run that it uses named by its whole id.
    workbench : Workbench
        Where that run is.

    Raises
    ------
    RunIdError
        If there is no such run.
    """
    export = config.export
    if config.title or config.mode != MODE or export.model_run is None:
        return config
    model = RunFolder.open(workbench.home, export.model_run).config().get("model")
    kind = f"{model.get('model_type', '')} " if isinstance(model, dict) else ""
    title = f"Export of {kind}{export.model_run[:8]} as {export.exporter_type}"
    return config.model_copy(update={"title": title[:_LONGEST]})
