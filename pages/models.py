"""Models: what runs have trained, what each model is, and the formats that it can leave in."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.services.artifact_archive import archive_artifacts
from core.services.run_artifacts import list_artifacts, read_config_text
from core.services.run_list import list_version
from core.services.trained_models import MODELS_A_PAGE, ModelCard, read_model_card
from core.services.workbench import Workbench, open_workbench
from core.ui.address import chosen_in_address, keep_in_address
from core.ui.export_panel import export_panel
from core.ui.file_list import OfferedFile, file_list
from core.ui.list_page import page_of_list
from core.ui.model_view import draw_card, draw_folds, draw_importances, draw_learning, model_choice
from core.ui.moments import shown_moment
from core.ui.navigation import go_to
from core.ui.plain_text import heading, monospace, problems_shown, quiet
from core.ui.run_listing import count_of_models, listed_models


def main() -> None:
    """Draw the screen."""
    st.title("Models", anchor=False)
    with problems_shown("The models cannot be listed"):
        workbench = open_workbench()
        version = list_version(workbench)
        n_models = count_of_models(workbench, version)
        table = listed_models(workbench, version, page_of_list(n_models, MODELS_A_PAGE, "models"))
        if table.empty:
            _say_how_to_begin()
            return
        chosen = chosen_in_address("model") or str(table["run_id"].iloc[0])
        model_choice(table, chosen=chosen, choose=partial(keep_in_address, "model"), n_models=n_models)
        with problems_shown("This model cannot be shown"):
            _draw_model(workbench, read_model_card(workbench, chosen), version)


def _say_how_to_begin() -> None:
    with st.container(border=True):
        st.markdown("**No models yet.** A completed run of training leaves one here.")
        if st.button("Train a model", icon=":material/model_training:", type="primary"):
            go_to("train")


def _draw_model(workbench: Workbench, card: ModelCard, version: str) -> None:
    st.space("small")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        heading(card.title or card.model, "model")
        if st.button("Open the run", icon=":material/open_in_new:"):
            go_to("run", run=card.run_id)
    trained = f"trained {shown_moment(card.trained_at)}" if card.trained_at else ""
    quiet("  ·  ".join(filter(None, (card.model, f"run {card.run_id}", trained))), "facts")
    about, folds, learning, weights, config, export = st.tabs(
        ["Card", "Folds", "Learning", "Importances", "Config", "Export"], key="tab", bind="query-params"
    )
    with about:
        draw_card(card)
    with folds:
        draw_folds(card)
    with learning:
        draw_learning(card)
    with weights:
        draw_importances(card)
    with config:
        monospace(read_config_text(workbench, card.run_id), language="yaml")
    with export:
        _draw_own_files(workbench, card.run_id)
        export_panel(workbench, card.run_id, version, is_shown=bool(export.open))


def _draw_own_files(workbench: Workbench, run_id: str) -> None:
    made = [found for found in list_artifacts(workbench, run_id) if found.name.startswith("model/")]
    whole = partial(archive_artifacts, workbench, run_id, "model")
    size_bytes = sum(found.size_bytes for found in made)
    file_list([OfferedFile("The model's own files", f"{run_id[:8]}-model.zip", size_bytes, whole)], key="own-files")


main()
