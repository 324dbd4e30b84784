"""The section that leaves plugins out, alike in a run's config and in the settings."""

from __future__ import annotations

from pydantic import Field

from core.config.section import Section

__all__ = ["PluginsConfig"]


class PluginsConfig(Section):
    """Settings of the plugin system."""

    disabled: tuple[str, ...] = Field(
        default=(), description="Plugins left out: 'ridge', 'models/ridge', 'acme-qlop:ridge' or a file's path."
    )
