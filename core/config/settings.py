"""Settings of an installation: `settings.yaml` in the home folder, and environment variables above it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError, field_validator

from core.base.errors import ConfigError
from core.base.validation import explain_validation_error
from core.config.sections import PluginsConfig, Section

__all__ = ["Settings", "StoreSettings", "load_settings", "resolve_secret"]


_PASSWORD_IN_URL = re.compile(r"[A-Za-z0-9+]+://[^/@]*:[^@]+@|.*[?&]password=", re.IGNORECASE)


class StoreSettings(Section):
    """Where the index of runs lives."""

    url: str | None = Field(
        default=None,
        description="SQLAlchemy URL, or env:NAME or file:PATH that holds one; null: SQLite.",
    )

    @field_validator("url")
    @classmethod
    def _holds_no_password(cls, url: str | None) -> str | None:
        if url is not None and _PASSWORD_IN_URL.match(url):
            raise ValueError("a URL with a password stands here; secrets are references: env:NAME or file:PATH")
        return url


class Settings(Section):
    """Everything that belongs to an installation and not to a run."""

    store: StoreSettings = StoreSettings()
    plugins: PluginsConfig = PluginsConfig()


def load_settings(home: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read `settings.yaml` of the home folder, where there is one, and QLOP_STORE_URL.

    Raises
    ------
    ConfigError
        If the file is malformed or a field is unknown.
    """
    from core.config.loader import read_config_file

    path = home / "settings.yaml"
    raw = read_config_file(path) if path.is_file() else {}
    if environment.get("QLOP_STORE_URL"):
        raw = {**raw, "store": {**(raw.get("store") or {}), "url": "env:QLOP_STORE_URL"}}
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(explain_validation_error(error, str(path), Settings)) from error


def resolve_secret(reference: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return what "env:NAME" or "file:PATH" refers to; any other text is returned as it is.

    Raises
    ------
    ConfigError
        If the variable is not set, or the file cannot be read. The secret itself is never in the message.
    """
    scheme, _, target = reference.partition(":")
    if scheme == "env":
        if target not in environment:
            raise ConfigError(f"The environment variable {target} is not set; {reference!r} refers to it.")
        return environment[target]
    if scheme == "file":
        try:
            return Path(target).expanduser().read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(
                f"{target} cannot be read: {error.strerror or error}; {reference!r} refers to it."
            ) from error
    return reference
