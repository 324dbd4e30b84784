"""That compiled kernels could not be kept on disk or read from it, said in the run's log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.contracts.run_context import RunContext

__all__ = ["kernel_faults_logged"]

_logger = logging.getLogger("core.engine.kernels")


@contextmanager
def kernel_faults_logged(context: RunContext) -> Iterator[None]:
    """Log as the run's what the kernels warn of, until the block ends; elsewhere it goes to standard error."""
    logged = _InRunLog(context)
    _logger.addHandler(logged)
    try:
        yield
    finally:
        _logger.removeHandler(logged)


class _InRunLog(logging.Handler):
    def __init__(self, context: RunContext) -> None:
        super().__init__(logging.WARNING)
        self._context = context

    def emit(self, record: logging.LogRecord) -> None:
        self._context.log(record.getMessage(), level="warning")
