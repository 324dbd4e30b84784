"""What a run gives its data sources: its events, and the cache of bars of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from core.base.errors import StoreError
from core.contracts.data_access import DataAccess
from core.plugin.settings import RegistrySettings
from core.store.bar_cache import BarCache

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import JsonValue

    from core.config.settings import CacheSettings
    from core.contracts.run_context import RunContext

__all__ = ["RunDataAccess", "bar_cache"]

_BYTES_IN_GB = 1_000_000_000


def bar_cache(settings: CacheSettings) -> BarCache:
    """Return the cache of bars of this machine's user, which all homes share."""
    return BarCache(RegistrySettings().cache / "bars", limit_bytes=int(settings.bars_limit_gb * _BYTES_IN_GB))


class RunDataAccess(DataAccess):
    """Tells a run's context what its data source tells, and reads and keeps bars.

    Parameters
    ----------
    context : RunContext
        The run.
    cache : BarCache
        Where bars are kept.
    """

    def __init__(self, context: RunContext, cache: BarCache) -> None:
        self._context = context
        self._cache = cache
        self._is_kept = True

    def progress(self, ticker: str, done: int, total: int) -> None:  # noqa: D102 - the contract documents all of these
        self._context.progress("load data", done, total, "tickers")
        self._context.log(f"{ticker} is loaded", level="debug", ticker=ticker, done=done, total=total)

    def log(self, message: str, *, level: Literal["debug", "info", "warning", "error"] = "info") -> None:  # noqa: D102
        self._context.log(message, level=level)

    def check_cancelled(self) -> None:  # noqa: D102
        self._context.check_cancelled()

    def read_bars(self, key: Mapping[str, JsonValue]) -> pd.DataFrame | None:  # noqa: D102
        return self._cache.read(key)

    def keep_bars(self, key: Mapping[str, JsonValue], frame: pd.DataFrame) -> None:  # noqa: D102
        if not self._is_kept:
            return
        try:
            self._cache.keep(key, frame)
        except StoreError as error:
            # A cache saves time alone: a full or read-only disk must not end the run.
            self._is_kept = False
            self._context.log(f"Bars are not kept for the next run: {error}", level="warning")
