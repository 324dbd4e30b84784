"""The ready configs that come with QLOP."""

from __future__ import annotations

from pathlib import Path

from core.base.errors import ConfigError

__all__ = ["list_ready_configs", "ready_config"]

# configs/ lies beside core/, in a checkout as in an installed wheel.
_FOLDER = Path(__file__).resolve().parents[2] / "configs"


def list_ready_configs() -> list[Path]:
    """Return the ready configs' paths, sorted by name."""
    return sorted(_FOLDER.glob("*.yaml"))


def ready_config(name: str) -> Path:
    """Return the path of the ready config `name`.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    path = _FOLDER / f"{name}.yaml"
    if path not in list_ready_configs():
        names = ", ".join(config.stem for config in list_ready_configs())
        raise ConfigError(f"No ready config is named {name!r}. There are: {names}.")
    return path
