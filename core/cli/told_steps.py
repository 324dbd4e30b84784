"""Which progress events are worth a line where there are no bars."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.base.events import Event, ProgressPayload

__all__ = ["ToldSteps"]

_PART_EVERY = timedelta(seconds=10)


class ToldSteps:
    """Each tenth of a step is worth a line, and one each ten seconds a step that is a part of another.

    A part begins anew with each fit of a model, say, which may take a blink or an hour.
    """

    def __init__(self) -> None:
        self._tenths: dict[str, int] = {}
        self._parts: dict[str, datetime] = {}

    def is_worth_a_line(self, event: Event, payload: ProgressPayload) -> bool:
        """Whether it is; if so, it counts as told."""
        return self._is_time_for(event, payload) if payload.within else self._reaches_a_tenth(payload)

    def _is_time_for(self, event: Event, payload: ProgressPayload) -> bool:
        moment = event.timestamp_utc
        if moment < self._parts.setdefault(payload.step_name, moment) + _PART_EVERY:
            return False
        self._parts[payload.step_name] = moment
        return True

    def _reaches_a_tenth(self, payload: ProgressPayload) -> bool:
        tenth = int(10 * payload.value / payload.total) if payload.total else 0
        before = self._tenths.get(payload.step_name, 0)
        self._tenths[payload.step_name] = tenth
        return tenth != before
