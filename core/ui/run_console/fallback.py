"""Events read from the run's file, for a console whose relay is away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.services.run_events import EventPage, RunEvents

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["page_asked_for"]

_LIMIT = 5000


def page_asked_for(
    workbench: Workbench, run_id: str, name: str, question: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Return the page of events that the console asked for, with the question's number; None where it asked nothing.

    The question comes from the browser: {nonce, from_seq, to_seq or None, tail or None}.
    """
    if not question:
        return None
    page = _read(_reader(workbench, run_id, name), question)
    return {
        "nonce": str(question.get("nonce")),
        "head_seq": page.head_seq,
        "events": [event.model_dump(mode="json") for event in page.events],
    }


def _reader(workbench: Workbench, run_id: str, name: str) -> RunEvents:
    # One reader for each console: it knows where in the file it was.
    key = f"{name}-reader-{run_id}"
    if key not in st.session_state:
        st.session_state[key] = RunEvents(workbench, run_id)
    reader: RunEvents = st.session_state[key]
    return reader


def _read(reader: RunEvents, question: Mapping[str, Any]) -> EventPage:
    if question.get("tail"):
        return reader.tail(min(_LIMIT, int(question["tail"])))
    from_seq = int(question["from_seq"])
    to_seq = question.get("to_seq")
    return reader.since(from_seq, _LIMIT if to_seq is None else min(_LIMIT, int(to_seq) - from_seq + 1))
