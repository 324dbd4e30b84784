"""Optional fields, nested models, unions, and models that hold themselves."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, JsonValue


class Margin(BaseModel):
    """Margin."""

    initial: float = Field(0.5, gt=0)
    maintenance: float = Field(0.25, gt=0)


class Account(BaseModel):
    """A model within a model, with a default of its own."""

    margin: Margin = Margin(initial=0.75)
    spare: Margin | None = None
    cap: float | None = Field(None, gt=0)
    floor: float | None = Field(1.5, gt=0)


class Moving(BaseModel):
    """A rule."""

    kind: Literal["moving"] = "moving"
    window_bars: int = Field(20, ge=1, le=1000)


class Volatility(BaseModel):
    """Another rule."""

    kind: Literal["volatility"]
    cap: float = Field(2.0, gt=0, le=10)


class Ruled(BaseModel):
    """A union by a tag."""

    rule: Annotated[Moving | Volatility, Field(discriminator="kind")] = Moving()
    second: Annotated[Moving | Volatility, Field(discriminator="kind")] | None = None


class Mixed(BaseModel):
    """Unions without a tag."""

    size: int | str | Margin = 3
    extra: JsonValue = None


class Tree(BaseModel):
    """A model that holds itself."""

    name: str = ""
    left: Tree | None = None
    others: list[Tree] = []


def test_typing_into_a_nested_model_leaves_its_other_fields_as_the_default_has_them(form):
    drawn = form(Account)
    assert drawn.one("number_input", "Initial").value == 0.75
    drawn.type("number_input", "Maintenance", 0.3)
    assert drawn.value.margin == Margin(initial=0.75, maintenance=0.3)


def test_a_nested_model_that_was_given_has_its_own_defaults_for_the_rest(form):
    drawn = form(Account, initial={"margin": {"maintenance": 0.3}})
    assert drawn.one("number_input", "Initial").value == 0.5
    assert drawn.value.margin.initial == 0.5


def test_an_optional_field_is_null_until_it_is_switched_on(form):
    drawn = form(Account)
    assert drawn.one("toggle", "Cap").value is False
    assert drawn.all("number_input", "Cap") == []
    drawn.type("toggle", "Cap", True)
    drawn.type("number_input", "Cap", 4.0)
    assert drawn.value.cap == 4.0


def test_what_was_typed_comes_back_when_a_field_is_switched_off_and_on(form):
    drawn = form(Account).type("toggle", "Cap", True).type("number_input", "Cap", 4.0)
    assert drawn.type("toggle", "Cap", False).raw == {}
    assert drawn.type("toggle", "Cap", True).raw == {"cap": 4.0}
    assert drawn.one("number_input", "Cap").value == 4.0


def test_switching_off_a_field_that_is_set_by_default_writes_null(form):
    drawn = form(Account)
    assert drawn.one("toggle", "Floor").value is True
    assert drawn.type("toggle", "Floor", False).raw == {"floor": None}
    assert drawn.type("toggle", "Floor", True).value.floor == 1.5


def test_an_optional_model_is_switched_on_with_its_own_defaults(form):
    drawn = form(Account).type("toggle", "Spare", True)
    assert drawn.value.spare == Margin()
    assert len(drawn.all("number_input", "Initial")) == 2


def test_a_tag_is_picked_and_its_models_fields_appear(form):
    drawn = form(Ruled)
    assert drawn.one("selectbox", "Rule").value == "moving"
    drawn.type("number_input", "Window (bars)", 30)
    assert drawn.value.rule == Moving(window_bars=30)
    drawn.type("selectbox", "Rule", "volatility")
    assert drawn.all("number_input", "Window (bars)") == []
    drawn.type("number_input", "Cap", 3.0)
    assert drawn.value.rule == Volatility(kind="volatility", cap=3.0)


def test_a_tag_that_is_picked_again_has_what_was_typed_for_it(form):
    drawn = form(Ruled).type("number_input", "Window (bars)", 30)
    drawn.type("selectbox", "Rule", "volatility").type("selectbox", "Rule", "moving")
    assert drawn.value.rule == Moving(window_bars=30)


def test_an_optional_union_by_a_tag_is_switched_on_with_its_first_model(form):
    drawn = form(Ruled).type("toggle", "Second", True)
    assert drawn.value.second == Moving()
    drawn.type("selectbox", "Type of Second", "volatility")
    assert isinstance(drawn.value.second, Volatility)


def test_an_error_within_a_union_stands_beside_its_field_and_not_beside_the_picker(form):
    drawn = form(Ruled, initial={"rule": {"kind": "volatility", "cap": 11}}).check()
    message = "rule.volatility.cap is 11; it must be at most 10.0."
    assert drawn.texts.count(message) == 1
    drawn.type("number_input", "Cap", 9.0)
    assert drawn.check().texts == []


def test_a_tag_that_is_none_asks_for_one(form):
    drawn = form(Ruled, initial={"rule": {"kind": "forest"}}).check()
    assert drawn.one("selectbox", "Rule").value is None
    assert any("forest" in text for text in drawn.texts)


def test_the_type_of_a_union_is_picked_and_its_field_appears(form):
    drawn = form(Mixed)
    assert drawn.one("selectbox", "Size").value == "whole number"
    drawn.type("selectbox", "Size", "text").type("text_input", "Size", "large")
    assert drawn.value.size == "large"
    drawn.type("selectbox", "Size", "Margin").type("number_input", "Initial", 0.9)
    assert drawn.value.size == Margin(initial=0.9)


def test_of_a_unions_errors_only_those_of_the_picked_type_are_said(form):
    drawn = form(Mixed, initial={"size": {"initial": -1.0}}).check()
    assert [text for text in drawn.texts if "initial" in text] == [
        "size.Margin.initial is -1.0; it must be greater than 0.0."
    ]
    assert not [text for text in drawn.texts if "whole number" in text]


def test_a_shape_without_a_widget_is_edited_as_json(form):
    drawn = form(Mixed).type("text_area", "Extra", '{"a": [1, 2]}')
    assert drawn.raw == {"extra": {"a": [1, 2]}}


@pytest.mark.parametrize("text", ["{a: 1}", "NaN", "[1,"])
def test_what_is_no_json_is_kept_as_typed_and_said(form, text):
    drawn = form(Mixed).type("text_area", "Extra", text)
    assert drawn.raw == {}
    assert any("no JSON" in shown for shown in drawn.texts)
    assert [problem.path for problem in drawn.app.session_state["form_problems"]] == [("extra",)]
    assert drawn.leave_and_return().one("text_area", "Extra").value == text
    assert drawn.type("text_area", "Extra", "[1]").app.session_state["form_problems"] == ()


def test_a_model_that_holds_itself_is_drawn_as_deep_as_it_is_switched_on(form):
    drawn = form(Tree)
    for _ in range(3):
        drawn.all("toggle", "Left")[-1].set_value(True)
        drawn.run()
    drawn.all("text_input", "Name")[-1].set_value("leaf")
    assert drawn.run().value.left.left.left.name == "leaf"


def test_a_model_that_must_hold_itself_ends_in_json(form):
    endless = {
        "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}, "required": ["next"]}},
        "$ref": "#/$defs/Node",
    }
    assert len(form(schema=endless).all("text_area", "Next")) == 1


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"type": ["string", "integer"]},
        {"type": "array"},
        {"not": {}},
        {"$ref": "#/$defs/Gone"},
        {"$ref": "#/$defs/A"},
    ],
    ids=str,
)
def test_an_unknown_shape_is_edited_as_json(form, shape):
    schema = {"$defs": {"A": {"$ref": "#/$defs/A"}}, "type": "object", "properties": {"strange": shape}}
    assert form(schema=schema).type("text_area", "Strange", "[1]").raw == {"strange": [1]}
