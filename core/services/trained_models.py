"""The models that runs have trained: which there are, and what each is, from what its run kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from core.base.errors import RunError
from core.base.events import RunState
from core.engine.model_limits import model_limits
from core.services.loaded_data import loaded_data
from core.services.model_facts import calibration_facts, learned_facts
from core.services.run_files import open_run_files
from core.store.run_query import RunQuery
from core.store.run_store import RunStore

if TYPE_CHECKING:
    import pandas as pd

    from core.services.workbench import Workbench

__all__ = ["MODELS_A_PAGE", "ModelCard", "model_count", "read_model_card", "trained_models"]

MODELS_A_PAGE = 2_000
"""So many models are one table of a screen; more are further pages."""

_CARD = "model/model.json"
_CALIBRATION = "model/calibration.json"
_ASKED = ("run_id", "title", "mode", "finished_at", "config_summary", "metrics")
_TEXTS = ("run_id", "title", "mode", "model", "labeler", "tickers")
_FIGURES = ("auc", "brier_skill", "r2_out_of_sample", "n_rows", "n_folds")


@dataclass(frozen=True, eq=False)
class ModelCard:
    """What is known about one trained model.

    Attributes
    ----------
    run_id, title, model : str
        The run that trained it, and the model plugin's name.
    trained_at : datetime or None
        When the run ended, UTC.
    learned : sequence of (str, str)
        Facts on what it learned from and what it predicts, by name; anybody's text.
    features : sequence of str
        Its input columns, in order.
    calibration : sequence of (str, str)
        How its probabilities were calibrated; empty where they were not.
    limits : sequence of str
        What speaks against trusting it, in sentences.
    folds, importances, shap_importances, curves : DataFrame or None
        One row a fold with its scores; feature and importance; feature and mean_absolute_shap; what was reported while
        it learned (fold, -1 the model that was kept, metric, value, step).
    notes : mapping
        By name, what is to be said beside them: importances, learning_curve, shap_values; anybody's text.
    """

    run_id: str
    title: str
    model: str
    trained_at: datetime | None
    learned: Sequence[tuple[str, str]]
    features: Sequence[str]
    calibration: Sequence[tuple[str, str]]
    limits: Sequence[str]
    folds: pd.DataFrame | None
    importances: pd.DataFrame | None
    shap_importances: pd.DataFrame | None
    curves: pd.DataFrame | None
    notes: Mapping[str, object]


def trained_models(workbench: Workbench, *, limit: int = MODELS_A_PAGE, offset: int = 0) -> pd.DataFrame:
    """Return completed runs that kept a model, newest first, from the index of runs alone.

    Parameters
    ----------
    workbench : Workbench
        Whose runs.
    limit, offset : int
        At most so many, after so many newer ones.

    Returns
    -------
    DataFrame of shape (n_models, 12)
        run_id, title, mode, model, labeler, tickers as text; trained_at in UTC; auc, brier_skill, r2_out_of_sample,
        n_rows, n_folds as float64, NaN where the run has no such score.
    """
    if not workbench.home.path.is_dir():
        return _table([])
    wanted = replace(_with_model(workbench), limit=limit, offset=offset)
    with RunStore(workbench.home) as store:
        return _table([_listed(*row) for row in store.find_columns(wanted, _ASKED)])


def model_count(workbench: Workbench) -> int:
    """Return how many models `trained_models` lists on all of its pages."""
    if not workbench.home.path.is_dir():
        return 0
    with RunStore(workbench.home) as store:
        return store.count(_with_model(workbench))


def read_model_card(workbench: Workbench, named: str) -> ModelCard:
    """Return the card of the model that a run trained.

    Raises
    ------
    RunError
        If there is no such run, or it trained no model.
    StoreError
        If its files cannot be read.
    """
    files = open_run_files(workbench, named)
    card = files.record(_CARD)
    if card is None:
        raise RunError(f"Run {files.folder.run_id} trained no model; choose a run of mode train or pipeline.")
    config, metrics = files.folder.config(), files.folder.metrics()
    with RunStore(workbench.home) as store:
        record = store.get(files.folder.run_id)
    columns = card.get("feature_columns")
    return ModelCard(
        run_id=files.folder.run_id,
        title=record.title,
        model=str(card.get("model_type", "")),
        trained_at=record.finished_at,
        learned=learned_facts(card, config, loaded_data(files)),
        features=[str(name) for name in columns] if isinstance(columns, list) else [],
        calibration=calibration_facts(files.record(_CALIBRATION)),
        limits=model_limits(metrics, _seen(files.record("data") or {}, card.get("learned")), config),
        folds=files.table("fold_scores"),
        importances=files.table("feature_importances"),
        shap_importances=files.table("shap_importances"),
        curves=files.table("learning_curves"),
        notes=files.record("model_notes") or {},
    )


def _seen(data: Mapping[str, object], learned: object) -> Mapping[str, object]:
    """Return what is known of the data, with the last bar that the model has seen where it learned elsewhere too."""
    if not isinstance(learned, Mapping) or "elsewhere" not in learned:
        return data
    return {**data, "last_bar": learned.get("until") if learned["elsewhere"] == "known" else None}


def _with_model(workbench: Workbench) -> RunQuery:
    return RunQuery(states=(RunState.COMPLETED,), with_model=True, home_id=workbench.home.home_id)


def _table(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame(rows, columns=[*_TEXTS, "trained_at", *_FIGURES])
    trained_at = pd.to_datetime(table["trained_at"], utc=True, format="ISO8601").astype("datetime64[us, UTC]")
    types: dict[str, str] = dict.fromkeys(_TEXTS, "str") | dict.fromkeys(_FIGURES, "float64")
    return table.astype(types).assign(trained_at=trained_at)


def _listed(
    run_id: str, title: str, mode: str, finished_at: str, summary: Mapping[str, object], metrics: Mapping[str, object]
) -> tuple[object, ...]:
    tickers = summary.get("tickers")
    named = ", ".join(map(str, tickers)) if isinstance(tickers, list) else "the source's own"
    model, labeler = (str(summary.get(name) or "") for name in ("model", "labeler"))
    return (run_id, title, mode, model, labeler, named, finished_at, *(_number(metrics.get(name)) for name in _FIGURES))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
