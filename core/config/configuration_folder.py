"""The user's configuration folder: trust and keys lie there, never in a working folder that may come from anybody."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

__all__ = ["CONFIGURATION_VARIABLE", "configuration_folder"]

CONFIGURATION_VARIABLE = "QLOP_CONFIG_DIR"


def configuration_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the user's configuration folder: QLOP_CONFIG_DIR, else the platform's."""
    given = environment.get(CONFIGURATION_VARIABLE)
    if given:
        return Path(given).absolute()
    from platformdirs import user_config_dir

    return Path(user_config_dir("qlop", appauthor=False))
