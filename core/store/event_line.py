"""An event's line in the log, put together from its parts.

It is the text that `Event.model_dump_json` gives. The payload's part is most of it and needs neither number nor moment,
so it is made before a writer's turn comes, and only the rest in it.
"""

from __future__ import annotations

from datetime import datetime

from pydantic_core import to_json

from core.base.events import Event, EventType, Payload

__all__ = ["EventLines", "payload_text"]

_UTC_OFFSET = len("+00:00")


def payload_text(payload: Payload) -> bytes:
    """Return a payload as JSON.

    Raises
    ------
    PydanticSerializationError
        If a text in it is none, such as half of a surrogate pair.
    """
    return payload.__pydantic_serializer__.to_json(payload)


class EventLines:
    """The lines of one run.

    Parameters
    ----------
    run_id : str
        The run whose events they are.
    """

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        beginning = b'{"task_id":%b,"seq":' % to_json(run_id)
        self._form = beginning.replace(b"%", b"%%") + b'%d,"timestamp_utc":"%bZ","type":"%b","payload":%b}\n'

    def line(self, seq: int, moment: datetime, payload: Payload, text: bytes) -> bytes:
        """Return the line of an event, with its end.

        Parameters
        ----------
        seq : int
            Its number.
        moment : datetime
            Its moment, in UTC.
        payload : Payload
            What it bears.
        text : bytes
            The same, by `payload_text`.
        """
        return self._form % (seq, moment.isoformat()[:-_UTC_OFFSET].encode(), payload.kind.encode(), text)

    def event(self, seq: int, moment: datetime, payload: Payload) -> Event:
        """Return the event that reading the line gives."""
        return Event(task_id=self._run_id, seq=seq, timestamp_utc=moment, type=EventType(payload.kind), payload=payload)
