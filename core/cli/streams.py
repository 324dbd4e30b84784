"""Standard output and standard error whose reader may go away."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any, TextIO

__all__ = ["ForgivingStream", "flush_streams"]


def flush_streams() -> None:
    """Send what was written to standard output and standard error, as far as somebody takes it."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()


class ForgivingStream:
    """A stream that falls silent where the one below it can no longer be written to.

    Parameters
    ----------
    stream : text stream
        Where to write.
    forgives : type of OSError
        What it takes for the reader having gone away; other errors are raised.
    """

    def __init__(self, stream: TextIO, forgives: type[OSError]) -> None:
        self._stream = stream
        self._forgives = forgives

    def write(self, text: str) -> int:
        """Write `text`, or nothing once the reader has gone away."""
        try:
            return self._stream.write(text)
        except self._forgives:
            self._fall_silent()
            return len(text)

    def flush(self) -> None:
        """Send what was written, or nothing once the reader has gone away."""
        try:
            self._stream.flush()
        except self._forgives:
            self._fall_silent()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else a stream has
        return getattr(self._stream, name)

    def _fall_silent(self) -> None:
        # What waits in buffers, ours and the interpreter's at exit, goes where everything fits.
        with suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
