"""Which runs are no test: their models may have learned elsewhere from the very bars that judge them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.services.run_files import RunFiles

__all__ = ["no_test_warning"]


def no_test_warning(run: RunFiles) -> str:
    """Return why a run's figures are no test, as its summary says it; empty where they are one.

    Raises
    ------
    StoreError
        If the run's files cannot be read.
    DataError
        If they do not hold what QLOP writes.
    """
    kept = run.record("learned_elsewhere")
    if kept is None:
        return ""
    from core.engine.learned_elsewhere import LearnedElsewhere

    return LearnedElsewhere.from_json(kept).warning("These figures are", "judged")
