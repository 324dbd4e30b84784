"""The model's file that a config uses: where it lies, whatever folder a run is started in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.base.errors import ConfigError, DataError

if TYPE_CHECKING:
    from core.config.run_config import RunConfig

__all__ = ["with_model_file"]


def with_model_file(config: RunConfig) -> RunConfig:
    """Return the config with the path of its model's file absolute, `~` expanded.

    Raises
    ------
    ConfigError
        If that is no file that could hold a model; the message begins with the field.
    """
    written = config.backtest.model_file
    if written is None:
        return config
    from core.engine.model_file import check_model_file

    try:
        path = Path(written).expanduser().absolute()
        check_model_file(path)
    except DataError as error:
        raise ConfigError(str(error)) from error
    except RuntimeError as error:
        raise ConfigError(f"backtest.model_file is {written!r}, whose ~ is nobody's home: {error}") from error
    return config.model_copy(update={"backtest": config.backtest.model_copy(update={"model_file": str(path)})})
