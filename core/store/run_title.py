"""What a run is called: as its config says; an export that nobody called anything, after format, model and run.

The words are made anew from the config each time that they are asked for. They are never written into it, where they
would go on to name another config's run: one with another format, or a rerun whose bytes are to be the first's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.base.errors import StoreError
from core.base.identifiers import is_run_id
from core.store.containment import contained_path
from core.store.home import Home
from core.store.run_folder import RunFolder

if TYPE_CHECKING:
    from core.store.json_form import Json

__all__ = ["run_title"]

_LONGEST = 200


def run_title(folder: RunFolder, config: Mapping[str, Json]) -> str:
    """Return what the run in `folder`, whose config is `config`, is called; empty where its mode says as much.

    An export's is as in "onnx export of linear 1a2b3c4d"; without the model's kind where its run is there no more.
    """
    given = str(config.get("title") or "")
    section = config.get("export")
    if given or config.get("mode") != "export" or not isinstance(section, Mapping):
        return given
    exporter, model_run = section.get("exporter_type"), section.get("model_run")
    if not is_run_id(model_run):
        return given
    words = (exporter, "export of", _kind(folder, str(model_run)), str(model_run)[:8])
    return " ".join(str(word) for word in words if word)[:_LONGEST]


def _kind(folder: RunFolder, model_run: str) -> str:
    home = Home(folder.path.parent.parent)
    for place in (home.runs_folder, home.trash_folder):
        try:
            model = RunFolder(contained_path(place, model_run), model_run).config().get("model")
        except StoreError:
            continue
        kind = model.get("model_type") if isinstance(model, Mapping) else None
        return kind if isinstance(kind, str) else ""
    return ""
