"""Settings of an installation: `settings.yaml` in the home folder, and environment variables above it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator

from core.base.clear_passwords import holds_password
from core.base.errors import ConfigError
from core.base.machine import usable_cores
from core.base.url_place import url_place
from core.base.validation import explain_validation_error
from core.config.plugins_config import PluginsConfig
from core.config.secrets_in_clear import refuse_secrets_in_clear
from core.config.section import Section
from core.config.store_url import ELSEWHERE, names_another_machine

__all__ = [
    "CacheSettings",
    "DashboardSettings",
    "JobsSettings",
    "RelaySettings",
    "Settings",
    "StoreSettings",
    "load_settings",
]


_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class StoreSettings(Section):
    """Where the index of runs lives."""

    url: str | None = Field(
        default=None,
        description="SQLAlchemy URL of SQLite or of a server of this machine, or env:NAME or file:PATH that holds one;"
        " a server elsewhere is named by a variable alone, such as QLOP_STORE_URL. null: SQLite in the home folder.",
    )

    @field_validator("url")
    @classmethod
    def _holds_no_password(cls, url: str | None) -> str | None:
        if url is not None and holds_password(url):
            raise ValueError("a URL with a password stands here; secrets are references: env:NAME or file:PATH")
        return url

    @field_validator("url")
    @classmethod
    def _is_of_this_machine(cls, url: str | None) -> str | None:
        if url is not None and names_another_machine(url):
            raise ValueError(f"store.url {ELSEWHERE}")
        return url


class RelaySettings(Section):
    """Where the relay of live events is, and which pages may connect to it."""

    url: str | None = Field(
        default=None,
        pattern=r"^wss?://",
        description="Another relay of this machine, ws:// or wss://; one of another machine is named by QLOP_RELAY_URL"
        " alone. null: this home's own, started on first need.",
    )
    browser_url: str | None = Field(
        default=None,
        pattern=r"^wss?://",
        description="Where browsers reach the relay directly; null: through the dashboard, at /api/relay.",
    )

    @field_validator("url", "browser_url")
    @classmethod
    def _is_an_address_alone(cls, url: str | None) -> str | None:
        if url is not None:
            _refuse_more_than_an_address(url)
        return url

    @field_validator("url")
    @classmethod
    def _is_of_this_machine(cls, url: str | None) -> str | None:
        # A folder's settings may come with a cloned repository, and whoever is named here is sent every event.
        if url is not None and urlsplit(url).hostname not in _LOOPBACK:
            raise ValueError(
                f"relay.url {url_place(url)!r} is on another machine, and settings.yaml may have come with the folder;"
                " it must be of this machine (127.0.0.1). To send events elsewhere set QLOP_RELAY_URL"
            )
        return url

    port: int = Field(default=8765, ge=1, le=65535, description="Port that the home's own relay prefers.")
    allowed_origins: tuple[str, ...] = Field(
        default=(), description="Origins of pages that may connect, such as https://qlop.example.org, besides its own."
    )


class DashboardSettings(Section):
    """Who may see the dashboard."""

    allowed_users: tuple[str, ...] = Field(
        default=(),
        description="Addresses (ann@example.org) and domains (@example.org) that may come in; empty: whoever signs in.",
    )

    @field_validator("allowed_users")
    @classmethod
    def _are_addresses_or_domains(cls, allowed: tuple[str, ...]) -> tuple[str, ...]:
        for name in allowed:
            if "@" not in name or name.endswith("@"):
                raise ValueError(f"{name!r} is no address such as ann@example.org and no domain such as @example.org")
        return allowed


class CacheSettings(Section):
    """How much of what can be fetched again is kept."""

    bars_limit_gb: float = Field(
        default=2.0,
        ge=0.0,
        le=1e6,
        description="Size of the cache of fetched bars; what was used longest ago is removed. 0 keeps nothing.",
    )


class JobsSettings(Section):
    """How runs share this machine."""

    concurrent_runs: int | None = Field(
        default=None,
        ge=1,
        le=1024,
        description="Runs of this home at work at once; the others wait. null: the cores less one, at least one.",
    )
    free_disk_mb: float = Field(
        default=200.0,
        ge=0.0,
        le=1e9,
        description="Megabytes that must be left on the home's disk for a run to begin; a run ends as failed once a"
        " quarter of it is left.",
    )
    log_segment_mb: float = Field(
        default=256.0, ge=0.001, le=1e6, description="Megabytes after which a run's log goes on in another file."
    )

    @property
    def most_at_once(self) -> int:
        """How many runs may be at work at once."""
        return self.concurrent_runs or max(1, usable_cores() - 1)


class Settings(Section):
    """Everything that belongs to an installation and not to a run."""

    store: StoreSettings = StoreSettings()
    plugins: PluginsConfig = PluginsConfig()
    relay: RelaySettings = RelaySettings()
    dashboard: DashboardSettings = DashboardSettings()
    jobs: JobsSettings = JobsSettings()
    cache: CacheSettings = CacheSettings()


def load_settings(home: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read `settings.yaml` of the home folder, where there is one, and above it QLOP_STORE_URL and QLOP_RELAY_URL.

    Raises
    ------
    ConfigError
        If the file is malformed or no file, a password stands in it, or a field is unknown.
    """
    from core.config.loader import read_config_file

    path = home / "settings.yaml"
    # What lies there in a file's place is refused, not passed over: its settings may be the ones that protect.
    raw = read_config_file(path) if os.path.lexists(path) else {}
    if environment.get("QLOP_STORE_URL"):
        raw = {**raw, "store": {**(raw.get("store") or {}), "url": "env:QLOP_STORE_URL"}}
    refuse_secrets_in_clear(raw, str(path))
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(explain_validation_error(error, str(path), Settings)) from error
    relay_url = environment.get("QLOP_RELAY_URL")
    return _with_relay(settings, relay_url) if relay_url else settings


def _with_relay(settings: Settings, url: str) -> Settings:
    """Return the settings with the relay that the environment names, which is the user's own word."""
    try:
        _refuse_more_than_an_address(url)
    except ValueError as error:
        raise ConfigError(f"QLOP_RELAY_URL cannot be used: {error}.") from error
    if not url_place(url).startswith(("ws://", "wss://")):
        raise ConfigError(
            f"QLOP_RELAY_URL is {url_place(url)!r}; it must be such as ws://127.0.0.1:8765 or wss://relay.example.org"
        )
    return settings.model_copy(update={"relay": settings.relay.model_copy(update={"url": url})})


def _refuse_more_than_an_address(url: str) -> None:
    """Refuse what a relay's address must not hold, as logs and screens name it; the text holds nothing of it."""
    if set("@?#") & set(url):
        raise ValueError(
            "a relay's address holds no user, no password, no ? and no #, such as ws://127.0.0.1:8765; the relay knows"
            " people by tokens of its own"
        )
