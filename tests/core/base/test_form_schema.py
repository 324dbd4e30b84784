"""The schema that forms are drawn from."""

from datetime import date
from enum import StrEnum
from math import inf
from pathlib import Path

from pydantic import BaseModel, Field

from core.base.form_schema import form_schema


class Level(StrEnum):
    """A word of some."""

    HIGH = "high"


class Made(BaseModel):
    """Fields whose defaults are made."""

    rungs: list[int] = Field(default_factory=lambda: [5, 20])
    doubled: list[int] = Field(default_factory=lambda data: data["rungs"] * 2)
    fixed: int = Field(3, frozen=True)


class Outer(BaseModel):
    """A model with another one made."""

    made: Made = Field(default_factory=Made)


def test_a_default_factory_is_called_for_the_default_to_show():
    assert form_schema(Made)["properties"]["rungs"]["default"] == [5, 20]


def test_a_default_that_needs_the_other_fields_is_left_out():
    assert "default" not in form_schema(Made)["properties"]["doubled"]


def test_a_frozen_field_is_read_only():
    schema = form_schema(Made)
    assert [name for name, field in schema["properties"].items() if field.get("readOnly")] == ["fixed"]


def test_a_model_that_a_factory_makes_is_written_as_json():
    made = form_schema(Outer)["properties"]["made"]["default"]
    assert made == {"rungs": [5, 20], "doubled": [5, 20, 5, 20], "fixed": 3}


class Plain(BaseModel):
    """Defaults that are JSON as they stand, and such as are not."""

    nothing: int | None = None
    switch: bool = True
    count: int = 3
    share: float = 0.5
    endless: float = inf
    word: str = "a"
    level: Level = Level.HIGH
    day: date = date(2026, 1, 5)
    place: Path = Path("here")
    pair: tuple[int, float] = (1, 0.5)


def test_defaults_stand_in_the_schema_as_pydantic_writes_them():
    drawn, own = form_schema(Plain), Plain.model_json_schema()
    assert drawn == own
    types = [(name, type(field.get("default"))) for name, field in drawn["properties"].items()]
    assert types == [(name, type(field.get("default"))) for name, field in own["properties"].items()]
