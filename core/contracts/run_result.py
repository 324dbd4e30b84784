"""What a mode hands back, and what sinks write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MetricValue", "RunResult"]

MetricValue = float | int | str | bool | None


@dataclass(frozen=True)
class RunResult:
    """The outcome of a run.

    Attributes
    ----------
    metrics : mapping of str to number, text or None
        Flat key figures; no run id and no wall time, so that equal runs give equal bytes.
    tables : mapping of str to DataFrame
        The run's tables by artifact name (`predictions`, `equity`, `trades` ...), for sinks.
    summary : str
        Prose for a person; empty where the mode has nothing to say.
    """

    metrics: Mapping[str, MetricValue] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    summary: str = ""
