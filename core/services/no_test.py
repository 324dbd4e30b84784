"""Which runs are no test: their models may have learned elsewhere from the very bars that judge them.

1. A run says so itself, in learned_elsewhere.json; a backtest that does not, by the run whose predictions it traded.
2. Where neither says anything, the model that is behind the figures is made untrained, as its config says. If it brings
   along what it has learned, the run is older than that file, and nobody knows until when its model had learned.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.base.errors import QlopError, RunIdError
from core.services.run_files import RunFiles
from core.store.run_folder import RunFolder

if TYPE_CHECKING:
    from core.contracts.model import ModelPlugin
    from core.engine.learned_elsewhere import LearnedElsewhere
    from core.services.workbench import Workbench

__all__ = ["no_test_warning"]

_KEPT = "learned_elsewhere"


def no_test_warning(workbench: Workbench, run: RunFiles) -> str:
    """Return why a run's figures are no test, as its summary says it; empty where they are one.

    Parameters
    ----------
    workbench : Workbench
        Where the run lies, and the one whose predictions it traded.
    run : RunFiles
        A training or a backtest.

    Raises
    ------
    StoreError
        If the run's files cannot be read.
    DataError
        If they do not hold what QLOP writes.
    """
    found = _learned_elsewhere(workbench, run)
    return "" if found is None else found.warning("These figures are", "judged")


def _learned_elsewhere(workbench: Workbench, run: RunFiles) -> LearnedElsewhere | None:
    from core.engine.learned_elsewhere import LearnedElsewhere

    if (kept := run.record(_KEPT)) is not None:
        return LearnedElsewhere.from_json(kept)
    if "predictions" in run.announced:
        return _unknown(workbench, run.folder.config().get("model"), run, "predictions")
    if (of_file := run.record("model_file")) is not None:
        return _unknown(workbench, of_file, run, "model_predictions")
    source = _traded_run(workbench, run)
    return None if source is None else _learned_elsewhere(workbench, source)


def _traded_run(workbench: Workbench, run: RunFiles) -> RunFiles | None:
    """Return the run whose predictions another one traded; None where there is none, or it is gone."""
    backtest = run.folder.config().get("backtest")
    named = backtest.get("predictions_run") if isinstance(backtest, Mapping) else None
    try:
        source = RunFiles(RunFolder.open(workbench.home, str(named))) if named else None
    except RunIdError:
        return None
    # What has no predictions of its own is no training: nothing is behind it.
    return source if source is not None and "predictions" in source.announced else None


def _unknown(workbench: Workbench, model: object, run: RunFiles, predictions: str) -> LearnedElsewhere | None:
    """Return that nobody knows what a model had learned that came with what it knows; None of one that learned here."""
    from core.engine.learned_elsewhere import LearnedElsewhere

    if not isinstance(model, Mapping) or not _came_pretrained(workbench, model):
        return None
    table = run.table(predictions)
    return None if table is None else LearnedElsewhere.said("", table)


def _came_pretrained(workbench: Workbench, model: Mapping[str, Any]) -> bool:
    from core.engine.learned_elsewhere import is_pretrained

    try:
        made: ModelPlugin = workbench.registry().create("models", str(model["model_type"]), model["model_params"])
        return is_pretrained(made)
    except (KeyError, TypeError, QlopError):
        return False
    except Exception:  # noqa: BLE001 - a plugin's own parts may raise anything
        return False
