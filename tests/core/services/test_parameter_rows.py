"""The parameters of a plugin in words."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from core.services.parameter_rows import parameter_rows
from core.services.plugin_catalog import show_plugin
from plugins.brokers.flat import Flat


class Tier(BaseModel):
    """Rates of a tier."""

    from_value: float = Field(ge=0.0, description="Where it begins.")
    kind: Literal["a", "b"] = Field(default="a", description="Which.")


class Margin(BaseModel):
    """Margin."""

    initial: float = Field(default=0.5, gt=0.0, le=1.0, description="To open.")
    tiers: tuple[Tier, ...] = Field(default=(), description="By value.")


class Calm(BaseModel):
    """One kind."""

    kind: Literal["calm"] = "calm"
    mu: float = Field(default=0.1, description="Calm growth.")


class Wild(BaseModel):
    """Another kind."""

    kind: Literal["wild"] = "wild"
    mu: float = Field(default=0.2, description="Wild growth.")


class OfKinds(BaseModel):
    """One of two kinds, told apart by a constant."""

    process: Annotated[Calm | Wild, Field(discriminator="kind")] = Field(default=Calm(mu=0.3), description="Which.")


class Outer(BaseModel):
    """All shapes."""

    rate: float | None = Field(default=None, ge=-0.5, le=10.0, description="Rate.")
    side: Literal["long", "short"] | None = Field(default="long", description="Side.")
    margin: Margin = Field(default=Margin(initial=0.25), description="Margin asked.")
    spare: Margin | None = Field(default=None, description="Margin kept.")
    by_name: dict[str, Tier] = Field(default={}, description="Tiers by name.")


ROWS = {row.parameter: row for row in parameter_rows(Outer.model_json_schema())}


def test_a_nullable_number_keeps_its_bounds():
    row = ROWS["rate"]
    assert (row.type, row.default, row.allowed) == ("number or null", "null", "-0.5 to 10")


def test_a_nullable_choice_keeps_its_choices():
    row = ROWS["side"]
    assert (row.type, row.default, row.allowed) == ("choice or null", '"long"', '"long", "short"')


def test_the_fields_of_a_nested_model_follow_it_with_the_default_that_the_outer_one_gives():
    assert ROWS["margin"].default == ""
    assert ROWS["margin"].description == "Margin asked."
    row = ROWS["margin.initial"]
    assert (row.default, row.description) == ("0.25", "To open.")


def test_each_kind_of_a_union_begins_with_its_constant_and_has_its_own_defaults():
    rows = [(row.parameter, row.default, row.allowed) for row in parameter_rows(OfKinds.model_json_schema())[1:]]
    assert rows == [
        ("process.kind", "", '"calm"'),
        ("process.mu", "0.3", ""),
        ("process.kind", "", '"wild"'),
        ("process.mu", "0.2", ""),
    ]


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"gt": 0.0, "le": 1.0}, "above 0; at most 1"),
        ({"ge": 0.0, "lt": 1.0}, "at least 0; below 1"),
        ({"gt": 0.0, "lt": 1.0}, "above 0; below 1"),
        ({"ge": 0.0, "le": 1.0}, "0 to 1"),
    ],
)
def test_the_lower_bound_is_said_first(bounds, words):
    class Bounded(BaseModel):
        rate: float = Field(0.5, description="A rate.", **bounds)

    assert [row.allowed for row in parameter_rows(Bounded.model_json_schema())] == [words]


def test_a_nullable_model_is_null_and_shows_its_own_defaults():
    assert ROWS["spare"].default == "null"
    assert ROWS["spare.initial"].default == "0.5"


def test_models_in_lists_and_mappings_show_their_fields():
    assert ROWS["margin.tiers"].type == "list of Tier"
    assert ROWS["margin.tiers[].from_value"].default == "required"
    assert ROWS["margin.tiers[].kind"].allowed == '"a", "b"'
    assert ROWS["spare.tiers[].from_value"].default == "required"
    assert ROWS["by_name.<name>.from_value"].description == "Where it begins."


def test_a_model_that_holds_itself_ends():
    schema = {
        "$defs": {"M": {"type": "object", "properties": {"m": {"$ref": "#/$defs/M"}}}},
        "properties": {"m": {"$ref": "#/$defs/M"}},
    }
    assert 1 < len(parameter_rows(schema)) < 10


def test_showing_the_flat_broker_names_every_field_of_its_margin_and_no_raw_mapping(tmp_path):
    shown = show_plugin(tmp_path / "home", "brokers", "flat").as_text()
    assert "{" not in shown
    lines = {line.split()[0]: line for line in shown.splitlines() if line}
    assert "default 0.5" in lines["margin.initial_long"]
    assert "above 0" in lines["margin.initial_long"]
    assert '"pro_rata", "largest_loss_first"' in lines["margin.liquidation_order"]
    assert "required" in lines["margin.tiers[].from_value"]
    assert "number or null, default null" in lines["base_rate_annual"]
    assert {f"margin.{name}" for name in type(Flat.Params().margin).model_fields} <= lines.keys()
