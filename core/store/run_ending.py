"""How a run ends, by the exception that left its block: completed, cancelled or failed, and what is said of it."""

from __future__ import annotations

import traceback as tracebacks

from core.base.clear_passwords import without_passwords
from core.base.errors import QlopError, RunCancelled
from core.base.events import LogPayload, RunState, StatusPayload
from core.base.full_disk import full_disk_words
from core.base.full_memory import full_memory_words
from core.base.process_start import no_thread_words

__all__ = ["last_status", "traceback_of"]

_LONGEST_ERROR = 10_000


def last_status(run_id: str, error: BaseException | None, ending: str, elapsed_s: float | None) -> StatusPayload:
    """Return the terminal status of a run that has worked for `elapsed_s`; `ending` is what it says that ends well."""
    return _status(run_id, error, ending).model_copy(update={"elapsed_s": elapsed_s})


def traceback_of(error: BaseException) -> LogPayload | None:
    """Return the traceback of an error that nobody foresaw, for the log; None for QLOP's own errors and interrupts."""
    if isinstance(error, (QlopError, KeyboardInterrupt)):
        return None
    lines = "".join(tracebacks.format_exception(error))
    return LogPayload(level="error", message=_cut(lines), logger="qlop.run")


def _status(run_id: str, error: BaseException | None, ending: str) -> StatusPayload:
    if error is None:
        return StatusPayload(
            state=RunState.COMPLETED,
            current_status=ending,
            next_step=f"Look at it with: qlop runs show {run_id}",
        )
    if isinstance(error, (RunCancelled, KeyboardInterrupt)):
        words = _cut(str(error)) or "interrupted from the keyboard."
        return StatusPayload(state=RunState.CANCELLED, current_status=f"Cancelled: {words}")
    lack = full_disk_words(error) or full_memory_words(error) or no_thread_words(error)
    told = _cut(lack or str(error))
    return StatusPayload(
        state=RunState.FAILED,
        current_status="The run has failed.",
        next_step="Mend the cause and start the run again, with the mended config where the config is the cause.",
        error=told if isinstance(error, QlopError) or lack else f"{type(error).__name__}: {told}",
    )


def _cut(text: str) -> str:
    # A driver's or another's error may repeat the address that it was given.
    text = without_passwords(text.encode("utf-8", errors="backslashreplace").decode())
    return text if len(text) <= _LONGEST_ERROR else f"{text[:_LONGEST_ERROR]} ..."
