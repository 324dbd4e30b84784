"""Drafts: what is put there is what the form shows, and nothing of what was typed before."""

from streamlit.testing.v1 import AppTest


def script():
    import streamlit as st

    from core.ui.config_form.drafts import draft_of, ids_of, new_id, put_draft

    given = {"mode": "train", "features": [{"name": "a"}]}
    first = put_draft("pipeline", given)
    ids = ids_of(first, "features", 1)
    given["features"][0]["name"] = "changed outside"
    second_id = new_id(first)
    st.session_state["seen"] = {
        "raw": dict(draft_of("train")["raw"]),
        "ids": list(ids),
        "second_id": second_id,
        "generations": (first["generation"], put_draft("train", {}, source=("preset", "x"))["generation"]),
        "source": draft_of("pipeline")["source"],
        "other": draft_of("backtest"),
    }


def test_training_with_and_without_a_backtest_share_one_draft_and_others_do_not():
    app = AppTest.from_function(script, default_timeout=60).run()
    assert not app.exception
    seen = app.session_state["seen"]
    assert seen["raw"] == {"mode": "pipeline", "features": [{"name": "a"}]}
    assert seen["generations"] == (1, 2)
    assert seen["source"] == ("preset", "x")
    assert seen["other"] is None


def test_entries_of_lists_have_numbers_of_their_own():
    app = AppTest.from_function(script, default_timeout=60).run()
    seen = app.session_state["seen"]
    assert seen["second_id"] not in seen["ids"]
