"""That the index of runs is being filled, said in the page that waits for it, as on standard error for a command."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import TYPE_CHECKING

from streamlit.runtime.scriptrunner_utils.script_run_context import in_cached_function

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

__all__ = ["long_fill_told"]

_logger = logging.getLogger("core.store.long_fill")


@contextmanager
def long_fill_told(place: DeltaGenerator) -> Iterator[None]:
    """Say at `place`, an `st.empty`, what is logged of a filling that the block waits for, until the block ends."""
    told = _InPage(place)
    _logger.addHandler(told)
    try:
        yield
    finally:
        _logger.removeHandler(told)
        place.empty()


class _InPage(logging.Handler):
    def __init__(self, place: DeltaGenerator) -> None:
        super().__init__()
        self._place = place
        self._thread = get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        # Other threads draw other pages. What a cached function draws is drawn again with its result, later.
        if record.thread == self._thread and not in_cached_function.get():
            self._place.caption(record.getMessage())
