"""Lists, sets, tuples and mappings: rows that are added, removed, moved and named."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Bars = Annotated[int, Field(ge=1, le=1000)]


class Tier(BaseModel):
    """An entry with fields."""

    from_value: float = Field(ge=0)
    kind: Literal["a", "b"] = "a"


class Lists(BaseModel):
    """Lists."""

    horizons_bars: tuple[Bars, ...] = Field((5, 20), min_length=1, max_length=4)
    tiers: list[Tier] = []
    names: set[str] = set()


class Pair(BaseModel):
    """A tuple of a fixed length."""

    pair: tuple[Bars, float] = (1, 0.5)


class Picked(BaseModel):
    """A list of choices."""

    parts: list[Literal["one", "two", "three"]] = ["one"]


class Mapped(BaseModel):
    """Mappings."""

    weights: dict[str, float] = {"SPY": 1.0}
    tiers: dict[str, Tier] = {}
    columns: dict[Literal["open", "close"], str] = {}


class Named(BaseModel):
    """A mapping whose names have a pattern."""

    baselines: dict[Annotated[str, Field(pattern="^[a-z]+$")], Tier] = {}


def numbers(drawn):
    return [widget.value for widget in drawn.app.number_input]


def test_a_list_shows_its_default_and_leaves_it_out(form):
    drawn = form(Lists)
    assert numbers(drawn) == [5, 20]
    assert drawn.raw == {}


def test_typing_into_one_entry_keeps_the_others(form):
    drawn = form(Lists).type("number_input", "Horizon (bars) 2", 60)
    assert drawn.raw == {"horizons_bars": [5, 60]}


def test_entries_are_added_moved_and_removed(form):
    drawn = form(Lists).press("Add to Horizons (bars)")
    drawn.type("number_input", "Horizon (bars) 3", 60)
    assert drawn.raw["horizons_bars"] == [5, 20, 60]
    drawn.press("Move Horizon (bars) 3 up")
    assert drawn.raw["horizons_bars"] == [5, 60, 20]
    assert numbers(drawn) == [5, 60, 20]
    drawn.press("Move Horizon (bars) 1 down")
    assert numbers(drawn) == [60, 5, 20]
    drawn.press("Remove Horizon (bars) 2")
    assert numbers(drawn) == [60, 20]
    assert drawn.value.horizons_bars == (60, 20)


def test_a_list_keeps_to_its_fewest_and_most_entries(form):
    drawn = form(Lists, initial={"horizons_bars": [1]})
    assert [button.disabled for button in drawn.app.button if button.help and "Remove" in button.help] == [True]
    drawn = form(Lists, initial={"horizons_bars": [1, 2, 3, 4]})
    adds = [button for button in drawn.app.button if button.label.startswith("Add to Horizons")]
    assert [button.disabled for button in adds] == [True]


def test_models_in_a_list_are_added_and_moved_with_their_fields(form):
    drawn = form(Lists).press("Add to Tiers").press("Add to Tiers")
    drawn.all("number_input", "From value")[1].set_value(100.0)
    drawn.run()
    drawn.all("number_input", "From value")[0].set_value(5.0)
    drawn.run().press("Move Tier 2 up")
    assert [tier.from_value for tier in drawn.value.tiers] == [100.0, 5.0]


def test_an_error_stands_beside_its_entry(form):
    drawn = form(Lists, initial={"tiers": [{"from_value": 1.0}, {"from_value": -1.0}]}).check()
    assert drawn.texts == ["tiers.1.from_value is -1.0; it must be at least 0.0."]


def test_a_set_takes_texts_and_is_validated_as_one(form):
    drawn = form(Lists).press("Add to Names").type("text_input", "Name 1", "AAPL")
    drawn.press("Add to Names").type("text_input", "Name 2", "AAPL")
    assert drawn.value.names == {"AAPL"}


def test_a_tuple_of_a_fixed_length_has_no_buttons(form):
    drawn = form(Pair)
    assert len(drawn.app.button) == 0
    drawn.type("number_input", "Pair 2", 0.75)
    assert drawn.value.pair == (1, 0.75)


def test_choices_are_picked_in_their_order(form):
    drawn = form(Picked).type("multiselect", "Parts", ["three", "one"])
    assert drawn.value.parts == ["three", "one"]


def test_choices_that_stand_twice_are_drawn_as_rows(form):
    drawn = form(Picked, initial={"parts": ["one", "one"]})
    assert [widget.value for widget in drawn.app.selectbox] == ["one", "one"]


def test_a_row_of_a_mapping_is_renamed_in_its_place(form):
    drawn = form(Mapped, initial={"weights": {"SPY": 1.0, "QQQ": 2.0}})
    drawn.app.text_input[0].set_value("IWM")
    assert list(drawn.run().raw["weights"].items()) == [("IWM", 1.0), ("QQQ", 2.0)]


def test_the_value_of_a_row_is_typed_into_the_default_as_well(form):
    drawn = form(Mapped)
    drawn.app.number_input[0].set_value(0.5)
    assert drawn.run().raw == {"weights": {"SPY": 0.5}}


def test_a_name_that_is_there_already_is_refused_and_nothing_is_lost(form):
    drawn = form(Mapped, initial={"weights": {"SPY": 1.0, "QQQ": 2.0}})
    drawn.app.text_input[1].set_value("SPY")
    drawn.run()
    assert drawn.raw == {"weights": {"SPY": 1.0, "QQQ": 2.0}}
    assert drawn.app.text_input[1].value == "QQQ"
    assert any("'SPY' already" in text for text in drawn.texts)


def test_rows_are_added_named_and_removed(form):
    drawn = form(Mapped).press("Add to Weights")
    drawn.app.text_input[1].set_value("QQQ")
    drawn.run().app.number_input[1].set_value(2.0)
    assert drawn.run().raw == {"weights": {"SPY": 1.0, "QQQ": 2.0}}
    drawn.press("Remove Weights: SPY")
    assert drawn.raw == {"weights": {"QQQ": 2.0}}


def test_a_second_nameless_row_waits_for_the_first_ones_name(form):
    drawn = form(Mapped).press("Add to Weights").press("Add to Weights")
    assert len(drawn.app.number_input) == 2
    assert any("Name the empty row" in text for text in drawn.texts)


def test_names_are_picked_where_only_some_are_allowed(form):
    drawn = form(Mapped).press("Add to Columns")
    assert drawn.app.selectbox[0].value == "open"
    drawn.app.selectbox[0].set_value("close")
    drawn.run().press("Add to Columns")
    assert drawn.raw == {"columns": {"close": "", "open": ""}}
    adds = [button for button in drawn.app.button if button.label == "Add to Columns"]
    assert [button.disabled for button in adds] == [True]


def test_a_name_that_breaks_its_pattern_is_said_beside_its_row(form):
    drawn = form(Named, initial={"baselines": {"always": {"from_value": 1.0}}})
    drawn.app.text_input[0].set_value("Always 1")
    drawn.run().check()
    assert any("Always 1" in text and "it must match" in text for text in drawn.texts)
    drawn.app.text_input[0].set_value("once")
    assert drawn.run().value.baselines == {"once": Tier(from_value=1.0)}


def test_a_mapping_of_models_draws_the_fields_of_each(form):
    drawn = form(Mapped, initial={"tiers": {"first": {"from_value": 1.0}}})
    drawn.type("number_input", "From value", 7.0)
    assert drawn.value.tiers == {"first": Tier(from_value=7.0)}
