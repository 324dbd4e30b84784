"""A list that is longer than one table has pages, and says how many rows there are in all."""

import pytest
from streamlit.testing.v1 import AppTest


def drawn(n_rows):
    import streamlit as st

    from core.ui.list_page import page_of_list

    st.text(f"page {page_of_list(n_rows, 2_000, 'models')}")


def models_of_a_page(n_models):
    import pandas as pd

    from core.ui.model_view import model_choice

    names = ("run_id", "title", "model", "labeler", "tickers", "auc", "brier_skill", "n_rows", "n_folds", "trained_at")
    table = pd.DataFrame([dict.fromkeys(names, "x")] * 2).assign(run_id=["x", "y"])
    model_choice(table, chosen="x", choose=print, n_models=n_models)


def models_with_scores(scores):
    import pandas as pd

    from core.ui.model_view import model_choice

    names = ("run_id", "title", "model", "labeler", "tickers", "n_rows", "n_folds", "trained_at")
    table = pd.DataFrame([dict.fromkeys(names, "x")]).assign(auc=float("nan"), brier_skill=float("nan"), **scores)
    model_choice(table, chosen="x", choose=print, n_models=1)


@pytest.mark.parametrize(("r2", "is_shown"), [(-0.196, True), (float("nan"), False)])
def test_the_score_of_regressions_has_a_column_where_there_are_any(r2, is_shown):
    app = AppTest.from_function(models_with_scores, args=({"r2_out_of_sample": r2},), default_timeout=60).run()
    assert not app.exception
    assert ("r2_out_of_sample" in app.dataframe[0].value) == is_shown


@pytest.mark.parametrize("n_rows", [0, 1, 2_000])
def test_what_fits_one_table_has_no_choice_of_pages(n_rows):
    app = AppTest.from_function(drawn, args=(n_rows,), default_timeout=60).run()
    assert (app.text[0].value, len(app.number_input)) == ("page 1", 0)


def test_the_last_page_holds_what_is_left():
    app = AppTest.from_function(drawn, args=(4_001,), default_timeout=60).run()
    assert app.number_input[0].label == "Page of 3: 2,000 models each, newest first"
    assert app.number_input[0].set_value(3).run().text[0].value == "page 3"


@pytest.mark.parametrize(("n_models", "said"), [(2, "2 models, newest first."), (4_001, "2 of 4,001 models, newest")])
def test_models_on_other_pages_are_counted(n_models, said):
    app = AppTest.from_function(models_of_a_page, args=(n_models,), default_timeout=60).run()
    assert not app.exception
    assert app.caption[0].value.startswith(said)
