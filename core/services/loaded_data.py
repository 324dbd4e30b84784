"""What data a run loaded: where from, which, how much, and the fingerprint by which two runs' data are told apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.services.run_files import RunFiles

__all__ = ["loaded_data"]

_FROM_CONFIG = {"source": "data_source_type", "interval": "interval", "adjustment": "adjustment"}
_FROM_ARTIFACT = ("tickers", "first_bar", "last_bar", "n_bars", "n_rows", "left_out")


def loaded_data(run: RunFiles) -> dict[str, object]:
    """Return what a run loaded, by name: fingerprint, source, interval, adjustment, tickers, first_bar and so on.

    A fact that the run did not write down, such as those of a run that ended before it had loaded anything, is left
    out.

    Raises
    ------
    StoreError
        If the run's files cannot be read.
    """
    section = run.folder.config().get("data")
    asked: Mapping[str, object] = section if isinstance(section, Mapping) else {}
    found: Mapping[str, object] = run.record("data") or {}
    facts = {name: asked.get(key) for name, key in _FROM_CONFIG.items()}
    facts |= {name: found.get(name) for name in _FROM_ARTIFACT}
    facts["fingerprint"] = run.folder.environment().get("data_fingerprint")
    return {name: value for name, value in facts.items() if value is not None}
