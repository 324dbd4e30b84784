"""The formats that a model can leave in, to choose from: beside each what it is, or why it cannot take this model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.services.export_refusals import export_refusals
from core.ui.catalog import plugin_registry, plugins_revision, plugins_to_pick
from core.ui.markdown_text import escaped
from core.ui.plain_text import without_marks

if TYPE_CHECKING:
    from core.plugin.plugin_info import PluginInfo
    from core.services.workbench import Workbench

__all__ = ["ChosenFormat", "export_choice"]

_FIRST = "native"


@dataclass(frozen=True)
class ChosenFormat:
    """A format that a person has chosen; `refusal` says why it cannot take the model, and is empty where it may."""

    plugin: PluginInfo
    refusal: str


def export_choice(workbench: Workbench, model_run: str) -> ChosenFormat | None:
    """Draw the choice and return what is chosen; None where no exporter can be used."""
    usable = {plugin.name: plugin for plugin in plugins_to_pick(workbench, "exporters") if not plugin.problem}
    if not usable:
        return None
    refused = _refusals(
        str(workbench.home.path), plugins_revision(workbench), model_run, tuple(sorted(usable)), workbench
    )
    # First what keeps every bit and needs nothing beside it, last what cannot be had.
    names = sorted(usable, key=lambda name: (name in refused, name != _FIRST))
    captions = [_caption(usable[name], refused.get(name, "")) for name in names]
    chosen = st.radio("Format", names, captions=captions, key="exporter", bind="query-params")
    return ChosenFormat(usable[chosen], refused.get(chosen, ""))


def _caption(plugin: PluginInfo, refusal: str) -> str:
    if refusal:
        return f":orange[:material/block:] **Not for this model**: {escaped(refusal)}"
    return escaped(without_marks(plugin.summary))


@st.cache_data(max_entries=100, show_spinner=False)
def _refusals(
    place: str,  # noqa: ARG001 - part of the key
    revision: str,  # noqa: ARG001 - part of the key
    model_run: str,
    exporters: tuple[str, ...],
    _workbench: Workbench,
) -> dict[str, str]:
    return export_refusals(_workbench, model_run, exporters, plugin_registry(_workbench))
