"""The list of trained models, and one model's card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.services.text_form import counted
from core.ui.plain_text import prose, quiet
from core.ui.run_view.learning_curves import draw_learning_curves
from core.ui.tables import choice_table, reading_table
from core.ui.window_width import is_narrow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from core.services.trained_models import ModelCard

__all__ = ["draw_card", "draw_folds", "draw_importances", "draw_learning", "model_choice"]

_SKILL = ("auc", "brier_skill", "r2_out_of_sample")
_REST = ("n_rows", "n_folds", "trained_at", "tickers")
_ORDER = ("title", "model", "labeler", *_SKILL, *_REST)
_NARROW_ORDER = ("title", *_SKILL, "model", "labeler", *_REST)
_PAIR = (0.18, 0.82)
_SCORES = ("auc", "brier", "brier_skill", "log_loss", "accuracy", "base_rate", "rmse", "mae", "r2_out_of_sample")


def model_choice(table: pd.DataFrame, *, chosen: str | None, choose: Callable[[str], None], n_models: int) -> None:
    """Draw a page of `n_models`, as `trained_models` returns it; `chosen` and `choose` go by run id."""
    names = _NARROW_ORDER if is_narrow() else _ORDER
    # Where no model is a regression, none has an R2.
    untold = (
        {"r2_out_of_sample"} if "r2_out_of_sample" not in table or table["r2_out_of_sample"].isna().all() else set()
    )
    columns = {name: _model_column(name) for name in names if name not in untold}
    ids = list(table["run_id"])
    titled = table.assign(title=table["title"].where(table["title"] != "", table["model"]))
    choice_table(titled, ids, chosen=_whole(chosen, ids), choose=choose, columns=columns, name="Models")
    here = f"{len(ids):,} of " if len(ids) < n_models else ""
    st.caption(f"{here}{counted(n_models, 'model')}, newest first. Click into a row to see the model below.")


def _whole(chosen: str | None, ids: Sequence[str]) -> str | None:
    """Return the id of which an address has the beginning; what is not one model's is left as it is."""
    found = [run_id for run_id in ids if chosen and run_id.startswith(chosen)]
    return found[0] if len(found) == 1 else chosen


def _model_column(name: str) -> Any:  # noqa: ANN401 - Streamlit gives column configurations no type to name
    config, narrow = st.column_config, is_narrow()
    return {
        "title": config.TextColumn("Title", width=140 if narrow else 198, pinned=narrow),
        "model": config.TextColumn("Model", width=104),
        "labeler": config.TextColumn("Label", width=140),
        "auc": config.NumberColumn("AUC", format="%.3f", width=60),
        "brier_skill": config.NumberColumn("Brier skill", format="%.3f", width=88),
        "r2_out_of_sample": config.NumberColumn("R2", format="%.3f", width=60),
        "n_rows": config.NumberColumn("Rows scored", format="localized", width=98),
        "n_folds": config.NumberColumn("Folds", format="%d", width=54),
        "trained_at": config.DatetimeColumn(
            "Trained", format="YYYY-MM-DD HH:mm", timezone=st.context.timezone, width=122
        ),
        "tickers": config.TextColumn("Tickers", width=95),
    }[name]


def draw_card(card: ModelCard) -> None:
    """Draw what the model learned, how it was calibrated, and what speaks against trusting it."""
    st.markdown("**Limits**")
    if card.limits:
        with st.container(border=True):
            for sentence in card.limits:
                prose(sentence)
    else:
        st.markdown("Its own scores show none; what was not scored may hold some.")
    st.markdown("**What it learned**")
    _pairs(card.learned, "Learned")
    st.markdown("**Calibration**")
    if card.calibration:
        _pairs(card.calibration, "Calibration")
    else:
        st.markdown("Its predictions are not calibrated.")
    st.markdown(f"**Inputs**, {len(card.features)} features in this order")
    quiet(", ".join(card.features) or "none kept", "features")


def draw_folds(card: ModelCard) -> None:
    """Draw the scores fold by fold."""
    if card.folds is None:
        st.markdown("This run kept no scores by fold.")
        return
    config = st.column_config
    columns = {
        "fold": config.NumberColumn("Fold", format="%d", width=60),
        "test_start": config.DatetimeColumn("From", format="YYYY-MM-DD", timezone="UTC"),
        "test_end": config.DatetimeColumn("To", format="YYYY-MM-DD", timezone="UTC"),
        "train_rows": config.NumberColumn("Rows trained on", format="localized"),
        "n_rows": config.NumberColumn("Rows scored", format="localized"),
        **{name: config.NumberColumn(name.replace("_", " ").capitalize(), format="%.3f") for name in _SCORES},
        "calibration": config.TextColumn("Calibration"),
    }
    held = {name: column for name, column in columns.items() if name in card.folds}
    reading_table(card.folds, columns=held, name="Folds")


def draw_learning(card: ModelCard) -> None:
    """Draw what the model and its folds reported while they learned, or say why they reported nothing."""
    reason = str(card.notes.get("learning_curve", "")) or "This run kept no learning curves."
    draw_learning_curves(card.curves, reason, run_id=card.run_id)


def draw_importances(card: ModelCard) -> None:
    """Draw what the model weighs, by its own measure and by SHAP values where there are any."""
    if card.importances is None and card.shap_importances is None:
        st.markdown("This model has no importances.")
        return
    notes = {name: str(sentence) for name, sentence in card.notes.items()}
    if card.importances is not None:
        _draw_shares(card.importances, "importance", "Importance", name="Importances")
        quiet(notes.get("importances") or "By the model's own measure.", "measure")
        st.caption("It says what the model uses, not what is true.")
    if card.shap_importances is not None:
        _draw_shares(card.shap_importances, "mean_absolute_shap", "Mean size", name="SHAP importances")
        st.caption("By the mean size of the SHAP values of the example rows: how far each feature moves the score.")
    elif notes.get("shap_values"):
        quiet(notes["shap_values"], "no-shap")
    st.caption("Of the model trained on all rows.")


def _draw_shares(importances: pd.DataFrame, measure: str, title: str, *, name: str) -> None:
    total = importances[measure].sum()
    table = importances.assign(share=importances[measure] / (total or 1.0))
    table = table[["feature", measure, "share"]].sort_values(measure, ascending=False, kind="stable")
    config = st.column_config
    columns = {
        "feature": config.TextColumn("Feature"),
        "share": config.ProgressColumn("Share", format="percent", min_value=0.0, max_value=float(table["share"].max())),
        measure: config.NumberColumn(title, format="%.3f"),
    }
    reading_table(table, columns=columns, name=name)


def _pairs(pairs: Sequence[tuple[str, str]], key: str) -> None:
    for position, (name, value) in enumerate(pairs):
        label, text = st.columns(_PAIR, gap="small")
        with label:
            quiet(name, f"{key}-{position}")
        with text:
            st.text(value)
