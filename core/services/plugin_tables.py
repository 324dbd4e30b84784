"""Plugins as a table of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from core.plugin.plugin_info import PluginInfo

__all__ = ["plugin_key", "plugin_table"]

_COLUMNS = ("kind", "name", "version", "status", "origin", "summary")


def plugin_key(plugin: PluginInfo) -> str:
    """Return what names this plugin among all, as a link may bear it: kind, provider and name."""
    return f"{plugin.kind}/{plugin.qualified_name}"


def plugin_table(plugins: Sequence[PluginInfo]) -> pd.DataFrame:
    """Return plugins as a table of text, in their order.

    Returns
    -------
    DataFrame of shape (n_plugins, 6)
        kind, name, version, status, origin, summary; the problem of one that cannot be used stands for its summary.
    """
    import pandas as pd

    rows = [
        (
            plugin.kind,
            plugin.name,
            plugin.version,
            plugin.status.value,
            plugin.origin.shown,
            plugin.problem or plugin.summary,
        )
        for plugin in plugins
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS), dtype="str")
