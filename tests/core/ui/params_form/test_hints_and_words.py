"""Labels, tooltips and hints; and that none of them is ever markup."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel, Field
from streamlit.testing.v1 import AppTest

from core.services.plugin_catalog import list_plugins
from core.ui.markdown_text import escaped
from core.ui.params_form.field_words import entry_label, label_of

HOSTILE = "<b>*a*</b> [x](javascript:alert(1)) :red[y] $z$ https://example.org `q` :material/home:"


def hinted(**extra):
    return {"json_schema_extra": extra}


class Hinted(BaseModel):
    """Hints."""

    late: int = Field(1, ge=1, le=1000, **hinted(order=5))
    early: int = Field(1, ge=1, le=1000, **hinted(order=-1))
    fee: int = Field(1, ge=1, le=1000, **hinted(group="Costs"))
    rare: int = Field(1, ge=1, le=1000, **hinted(advanced=True))
    plain: int = Field(1, ge=1, le=1000)


class Hostile(BaseModel):
    """Text of anybody."""

    pick: Literal["<i>*b*</i>", "c"] = Field("c", title=HOSTILE, description=HOSTILE, **hinted(widget="radio"))
    group: int = Field(1, ge=1, le=1000, **hinted(group=HOSTILE))
    rows: list[int] = Field([], title=HOSTILE)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("horizon_bars", "Horizon (bars)"),
        ("fee_bps", "Fee (bps)"),
        ("base_rate_annual", "Base rate (a year)"),
        ("lines_per_s", "Lines per second"),
        ("start_date", "Start date"),
        ("run_id", "Run ID"),
        ("days", "Days"),
        ("returns_in_percent", "Returns in percent"),
    ],
)
def test_a_label_is_the_fields_name_in_words_with_its_unit(name, label):
    assert label_of(name, {"title": name.replace("_", " ").title()}) == label


def test_a_title_of_its_own_is_the_label():
    assert label_of("x", {"title": "Share of the account"}) == "Share of the account"


def test_the_tooltip_holds_the_description_what_is_allowed_and_the_default(form):
    class Told(BaseModel):
        rate: float = Field(0.5, gt=0, le=1, description="Of the value.")

    assert form(Told).one("number_input", "Rate").help == escaped(
        "Of the value. Allowed: above 0; at most 1. Default: 0.5."
    )


def test_fields_stand_in_the_order_of_their_hints(form):
    drawn = form(Hinted)
    assert [widget.label for widget in drawn.app.number_input] == ["Early", "Plain", "Late", "Fee", "Rare"]
    assert [widget.label for widget in drawn.app.expander[0].number_input] == ["Rare"]
    assert any("Costs" in text.value for text in drawn.app.markdown)


def test_nothing_that_a_plugin_says_becomes_markup(form):
    drawn = form(Hostile, initial={HOSTILE: 1})
    radio = drawn.app.radio[0]
    drawn_as_markdown = [radio.label, radio.help, *radio.options, *(text.value for text in drawn.app.markdown)]
    drawn_as_markdown += [button.label for button in drawn.app.button]
    hostile = [text for text in drawn_as_markdown if "alert" in text or "<i>" in text]
    assert not [text for text in hostile if not _is_text(text)]
    assert any(r"\<i>" in option for option in radio.options)


def _is_text(markdown):
    return all(mark not in markdown.replace(f"\\{mark[0]}", "") for mark in ("<b", "<i", "[x", "*a", ":red[", "://"))


def draw_all(schemas):
    import streamlit as st

    from core.ui.params_form import params_form

    st.session_state["raw"] = {name: params_form(schema, key=name) for name, schema in schemas.items()}


def test_the_forms_of_all_built_in_plugins_are_drawn_and_nothing_is_wrong_with_them(tmp_path):
    plugins = list_plugins(tmp_path / "home").plugins
    schemas = {f"{plugin.kind}/{plugin.name}": dict(plugin.schema) for plugin in plugins}
    app = AppTest.from_function(draw_all, kwargs={"schemas": schemas}, default_timeout=60).run()
    assert not app.exception
    assert len(schemas) > 20
    assert set(map(str, app.session_state["raw"].values())) == {"{}"}
    assert [text.value for text in app.text] == []


@pytest.mark.parametrize(
    ("label", "told"),
    [("Layers", "Layer 2"), ("Lags (bars)", "Lag (bars) 2"), ("Entries", "Entry 2"), ("Loss", "Loss 2")],
)
def test_an_entry_of_a_list_is_called_in_the_singular(label, told):
    assert entry_label(label, 2) == told
