"""Events of a run: one envelope and one payload model for each type.

`events.jsonl` holds one envelope a line; `seq` counts from 1 and is the line's number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Literal, Protocol

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from core.base.run_state import TERMINAL_STATES, RunState

__all__ = [
    "TERMINAL_STATES",
    "ArtifactPathPayload",
    "Event",
    "EventLog",
    "EventType",
    "LogPayload",
    "MetricPayload",
    "Payload",
    "ProgressPayload",
    "RunState",
    "StatusPayload",
]

LogLevel = Literal["debug", "info", "warning", "error"]


def _none_unless_finite(value: object) -> object:
    # JSON has no NaN and no infinity: an event in memory is what its line in the log reads back as.
    return None if isinstance(value, float) and not math.isfinite(value) else value


Scalar = Annotated[str | int | float | bool | None, BeforeValidator(_none_unless_finite)]
FiniteOrNone = Annotated[float | None, BeforeValidator(_none_unless_finite)]


class EventType(StrEnum):
    """What an event's payload is."""

    LOG = "log"
    PROGRESS = "progress"
    METRIC = "metric"
    STATUS = "status"
    ARTIFACT_PATH = "artifact_path"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LogPayload(_Frozen):
    """A log line: an event in prose, and its fields."""

    kind: Literal["log"] = Field(default="log", exclude=True, repr=False)
    level: LogLevel
    message: str
    logger: str = "qlop"
    fields: Mapping[str, Scalar] = Field(default_factory=dict)


class ProgressPayload(_Frozen):
    """How far a step is. `eta_s` is None while nobody knows.

    `within` names the step that this one is a part of, and is empty where it stands alone. A part begins anew, with a
    smaller value, as often as the whole needs it.
    """

    kind: Literal["progress"] = Field(default="progress", exclude=True, repr=False)
    value: float = Field(ge=0, allow_inf_nan=False)
    total: FiniteOrNone = Field(default=None, ge=0)
    unit: str = ""
    step_name: str
    eta_s: FiniteOrNone = Field(default=None, ge=0)
    within: str = ""


class MetricPayload(_Frozen):
    """One value of a named metric; `value` is None where it is undefined."""

    kind: Literal["metric"] = Field(default="metric", exclude=True, repr=False)
    name: str
    value: FiniteOrNone
    step: int | None = None
    fold: int | None = None


class StatusPayload(_Frozen):
    """A change of state; `current_status` and `next_step` are prose for a person.

    `elapsed_s` comes with the last status that a run's own process writes: the seconds since it began to run, by a
    clock that nobody sets. None in all others, and in logs of versions that did not note it.
    """

    kind: Literal["status"] = Field(default="status", exclude=True, repr=False)
    state: RunState
    current_status: str
    next_step: str = ""
    error: str | None = None
    elapsed_s: FiniteOrNone = Field(default=None, ge=0)


class ArtifactPathPayload(_Frozen):
    """A file that the run wrote; `path` is relative to the run's folder."""

    kind: Literal["artifact_path"] = Field(default="artifact_path", exclude=True, repr=False)
    artifact_name: str
    path: str
    size_bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


Payload = LogPayload | ProgressPayload | MetricPayload | StatusPayload | ArtifactPathPayload


class Event(_Frozen):
    """The envelope around a payload."""

    task_id: str
    seq: int = Field(ge=1)
    timestamp_utc: AwareDatetime
    type: EventType
    payload: Annotated[Payload, Field(discriminator="kind")]

    @model_validator(mode="before")
    @classmethod
    def _type_chooses_payload(cls, raw: object) -> object:
        if isinstance(raw, Mapping) and isinstance(raw.get("payload"), Mapping):
            return {**raw, "payload": {**raw["payload"], "kind": raw.get("type")}}
        return raw

    @model_validator(mode="after")
    def _payload_is_of_its_type(self) -> Event:
        if self.payload.kind != self.type.value:
            raise ValueError(f"a {self.type.value} event bears a {self.payload.kind} payload")
        return self


class EventLog(Protocol):
    """An append-only log of one run's events, numbered from 1 without holes."""

    def append(self, payload: Payload) -> Event:
        """Number, stamp and append one event. A status is on disk when this returns."""

    def read(self, from_seq: int = 1) -> Iterator[Event]:
        """Yield the events whose `seq` is at least `from_seq`, in order."""
