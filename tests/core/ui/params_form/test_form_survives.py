"""What was typed survives errors, other pages, other values and another class of the plugin."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, JsonValue
from streamlit.testing.v1 import AppTest

from core.ui.params_form import form_schema


class Before(BaseModel):
    """A plugin's parameters."""

    horizon_bars: int = Field(5, ge=1, le=1000)
    kind: Literal["simple", "log"] = "simple"
    threshold: float = Field(0.5, ge=0, le=10)
    lags_bars: list[int] = [1]


class After(BaseModel):
    """The same after its author edited the file: a field less, a field more, other choices."""

    horizon_bars: int = Field(5, ge=1, le=10000)
    kind: Literal["absolute", "relative"] = "absolute"
    floor: float = Field(0.0, ge=0, le=10)
    lags_bars: float = Field(1.0, ge=0, le=10)


def two_pages(schema):
    import streamlit as st

    from core.ui.params_form import params_form

    def form():
        st.session_state["raw"] = params_form(schema, key="form")

    def other():
        st.text("Another page.")

    pages = {"form": st.Page(form, url_path="form", default=True), "other": st.Page(other, url_path="other")}
    navigation = st.navigation(list(pages.values()), position="hidden")
    for name, page in pages.items():
        if st.button(name):
            st.switch_page(page)
    navigation.run()


def filled_twice(schema):
    import streamlit as st

    from core.ui.params_form import forget_form, params_form, set_form_values

    st.button("fill", on_click=set_form_values, args=("form", {"horizon_bars": 60, "lags_bars": [2, 3]}))
    st.button("forget", on_click=forget_form, args=("form",))
    st.session_state["raw"] = params_form(schema, key="form", initial={"horizon_bars": 7})


def test_what_was_typed_survives_a_change_of_the_page():
    app = AppTest.from_function(two_pages, kwargs={"schema": form_schema(Before)}, default_timeout=30).run()
    app.number_input[0].set_value(30).run()
    app.button[1].click().run()
    assert [text.value for text in app.text] == ["Another page."]
    app.button[0].click().run()
    assert not app.exception
    assert app.number_input[0].value == 30
    assert app.session_state["raw"] == {"horizon_bars": 30}


def test_what_was_typed_survives_an_error(form):
    drawn = form(Before, initial={"threshold": 99.0}).type("number_input", "Horizon (bars)", 30)
    assert "threshold is 99.0; it must be at most 10.0." in drawn.check().texts
    assert drawn.raw == {"threshold": 99.0, "horizon_bars": 30}
    assert drawn.one("number_input", "Horizon (bars)").value == 30


def test_a_value_that_was_typed_survives_although_it_is_the_default(form):
    drawn = form(Before).type("number_input", "Horizon (bars)", 30).type("number_input", "Horizon (bars)", 5)
    assert drawn.raw == {"horizon_bars": 5}


def test_after_a_reload_of_the_plugin_values_of_known_fields_stay_and_the_others_are_told(form):
    typed = {"horizon_bars": 30, "kind": "log", "threshold": 2.5, "lags_bars": [3]}
    drawn = form(Before, initial=typed).reload(After)
    assert drawn.one("number_input", "Horizon (bars)").value == 30
    assert drawn.raw == {"horizon_bars": 30, "kind": "log", "lags_bars": [3]}
    assert "threshold: 2.5" in drawn.texts
    assert any('Kind is "log", which does not fit here' in text for text in drawn.texts)
    assert any("Lags (bars) is [3], which does not fit here" in text for text in drawn.texts)


def test_what_does_not_fit_any_more_goes_when_something_else_is_typed(form):
    drawn = form(Before, initial={"kind": "log", "lags_bars": [3]}).reload(After)
    drawn.type("selectbox", "Kind", "relative").type("number_input", "Lags (bars)", 2.0)
    assert drawn.value == After(kind="relative", lags_bars=2.0)
    assert drawn.texts == []


def test_a_field_that_comes_back_has_what_was_kept_aside(form):
    drawn = form(Before, initial={"threshold": 2.5}).reload(After).reload(Before)
    assert drawn.raw == {"threshold": 2.5}
    assert drawn.texts == []


def test_what_was_refused_is_forgotten_with_its_field(form):
    class WithJson(BaseModel):
        extra: JsonValue = None

    drawn = form(WithJson).type("text_area", "Extra", "{bad")
    assert len(drawn.app.session_state["form_problems"]) == 1
    assert drawn.reload(Before).app.session_state["form_problems"] == ()


def test_other_values_change_the_widgets_and_forgetting_brings_back_the_first_ones():
    app = AppTest.from_function(filled_twice, kwargs={"schema": form_schema(Before)}, default_timeout=30).run()
    app.number_input[0].set_value(30).run()
    app.button[0].click().run()
    assert app.number_input[0].value == 60
    assert app.session_state["raw"] == {"horizon_bars": 60, "lags_bars": [2, 3]}
    app.number_input[0].set_value(61).run()
    app.button[1].click().run()
    assert not app.exception
    assert app.number_input[0].value == 7
    assert app.session_state["raw"] == {"horizon_bars": 7}


def test_the_values_given_are_copied(form):
    initial = {"lags_bars": [1, 2]}
    form(Before, initial=initial).press("Remove Lag (bars) 1")
    assert initial == {"lags_bars": [1, 2]}


def test_fields_that_are_drawn_elsewhere_are_neither_drawn_nor_returned_nor_told(form):
    drawn = form(Before, initial={"threshold": 99.0, "horizon_bars": 6}, leave_out={"threshold"}).check()
    assert drawn.all("number_input", "Threshold") == []
    assert drawn.raw == {"horizon_bars": 6}
    assert drawn.texts == []
