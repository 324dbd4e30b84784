"""The console of a run, live or ended: state, steps, curves, log, files, cancel.

1. The browser's part (the scripts beside this file, joined in their order) talks with the relay by itself.
2. What it cannot do alone it asks for by triggers, which run this fragment and nothing else of the page: a token,
   events from the file while the relay is away, cancelling, and, once, the page anew when the run has ended.
3. The answers travel in `data`; each bears the number of its question.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.base.errors import QlopError
from core.services.run_events import RunSnapshot, read_log_text, run_snapshot
from core.services.runs import cancel_run
from core.ui.login import is_still_let_in
from core.ui.plain_text import problems_shown
from core.ui.run_console.fallback import page_asked_for
from core.ui.run_console.relay_pass import relay_route, token_for_page

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["run_console"]

_FOLDER = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "qlop_run_console",
    js="\n".join(script.read_text(encoding="utf-8") for script in sorted(_FOLDER.glob("*.js"))),
    css=(_FOLDER / "console.css").read_text(encoding="utf-8"),
)


def run_console(workbench: Workbench, run_id: str, *, key: str | None = None) -> None:
    """Draw the console of a run; the page runs anew once when the run ends while it is watched.

    Parameters
    ----------
    workbench : Workbench
        Where the run is.
    run_id : str
        The run.
    key : str, optional
        This console's own within the page, where one run has two.
    """
    name = key or f"run-console-{run_id}"
    st.session_state.pop(_living_key(name), None)
    _draw(workbench, run_id, name)
    st.download_button(
        "Download the whole log",
        data=lambda: read_log_text(workbench, run_id),
        file_name=f"{run_id[:8]}-log.txt",
        mime="text/plain",
        key=f"{name}-download",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


@st.fragment
def _draw(workbench: Workbench, run_id: str, name: str) -> None:
    if not is_still_let_in():
        st.rerun()
    with problems_shown("The console of this run cannot be shown"):
        snapshot = run_snapshot(workbench, run_id)
        _COMPONENT(
            key=name,
            data=_data(workbench, snapshot, name, st.session_state.get(name) or {}),
            on_ask_token_change=_nothing,
            on_ask_events_change=_nothing,
            on_finished_change=_nothing,
            on_cancel_change=lambda: _cancel(workbench, run_id, name),
        )
        # Whoever asked, and for what: where the relay is away the end may come with an answer to another question.
        was_living = st.session_state.setdefault(_living_key(name), not snapshot.has_ended)
        if snapshot.has_ended and was_living:
            st.rerun()


def _data(workbench: Workbench, snapshot: RunSnapshot, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run_id": snapshot.run_id,
        "route": relay_route(workbench),
        "now_ms": time.time() * 1000,
        "record": {
            "state": snapshot.state,
            "current_status": snapshot.current_status,
            "error": snapshot.error,
            "started_ms": snapshot.started_at.timestamp() * 1000 if snapshot.started_at else None,
            "duration_s": snapshot.duration_s,
        },
        "token": token_for_page(workbench, snapshot.run_id, asked),
        "page": page_asked_for(workbench, snapshot.run_id, name, asked.get("ask_events")),
        "message": st.session_state.get(_message_key(name)),
    }


def _cancel(workbench: Workbench, run_id: str, name: str) -> None:
    # The cancel itself happens here, before the fragment runs: another question cannot cut it short.
    number = st.session_state[name]["cancel"]
    if not is_still_let_in():
        return
    try:
        report = cancel_run(workbench, run_id)
        was_in_time = report.state == "cancelled"
        text = "The run and everything it started has ended." if was_in_time else _too_late(report.state)
    except QlopError as error:
        text = str(error)
    st.session_state[_message_key(name)] = {"nonce": number, "text": text}


def _too_late(state: str) -> str:
    return f"Too late to cancel: the run had ended before ({state})."


def _living_key(name: str) -> str:
    return f"{name}-living"


def _message_key(name: str) -> str:
    return f"{name}-message"


def _nothing() -> None:
    """Ask for nothing more than that the fragment runs."""
