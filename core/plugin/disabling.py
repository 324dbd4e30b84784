"""What `plugins.disabled` leaves out."""

from __future__ import annotations

from pathlib import Path

from core.plugin.lookup import same_provider
from core.plugin.plugin_info import Origin

__all__ = ["disabling_entry", "disabling_path"]


def disabling_path(disabled: tuple[str, ...], origin: Origin, working_folder: Path) -> str | None:
    """Return the entry that names the origin's file, as a path or as it is shown; it is then not even imported."""
    for entry in disabled:
        if entry.endswith(".py") and (entry == origin.shown or str((working_folder / entry).resolve()) == origin.path):
            return entry
    return None


def disabling_entry(disabled: tuple[str, ...], kind: str, name: str, provider: str) -> str | None:
    """Return the entry that names the plugin: "ridge", "models/ridge", "acme:ridge" or "acme:models/ridge"."""
    for entry in disabled:
        asked_provider, _, rest = entry.rpartition(":")
        asked_kind, _, asked_name = rest.rpartition("/")
        if (
            asked_name == name
            and asked_kind in {"", kind}
            and (not asked_provider or same_provider(provider, asked_provider))
        ):
            return entry
    return None
