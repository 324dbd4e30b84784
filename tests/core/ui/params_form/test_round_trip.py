"""Whatever a model may hold goes into the form, is drawn, and comes out equal."""

from __future__ import annotations

import json
from datetime import date, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, Field, JsonValue, SecretStr
from streamlit.testing.v1 import AppTest

from core.ui.params_form import form_schema, read_form
from core.ui.params_form.durations import amount_and_unit, iso_duration, seconds_of
from core.ui.params_form.timestamps import iso_datetime, read_datetime, zone_of


class Side(Enum):
    """Sides."""

    LONG = "long"
    SHORT = "short"


class First(BaseModel):
    """A model of a union."""

    kind: Literal["first"] = "first"
    bars: int = Field(1, ge=0, le=100)


class Second(BaseModel):
    """Another one."""

    kind: Literal["second"] = "second"
    text: str = ""


class Every(BaseModel):
    """Every type that a form knows."""

    text: str
    whole: int
    bounded: int = Field(ge=0, le=20)
    number: float = Field(allow_inf_nan=False)
    share: float = Field(ge=0, le=1)
    exact: Decimal = Field(allow_inf_nan=False)
    is_on: bool
    day: date
    moment: AwareDatetime
    span: timedelta
    path: Path
    side: Side
    choice: Literal["a", "b", 1]
    maybe: float | None = Field(2.5, allow_inf_nan=False)
    many: list[int]
    picked: list[Literal["x", "y", "z"]]
    unique: set[str]
    pair: tuple[int, str]
    by_name: dict[str, float]
    nested: First
    several: list[First]
    models_by_name: dict[str, Second]
    tagged: Annotated[First | Second, Field(discriminator="kind")]
    mixed: int | str | First
    anything: JsonValue


names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
finite = st.floats(allow_nan=False, allow_infinity=False)
firsts = st.builds(First, bars=st.integers(0, 100))
seconds = st.builds(Second, text=names)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
everything = st.builds(
    Every,
    text=names,
    path=names.map(Path),
    number=finite,
    by_name=st.dictionaries(names, finite, max_size=3),
    exact=st.decimals(allow_nan=False, allow_infinity=False, places=4),
    maybe=st.none() | finite,
    moment=st.datetimes(timezones=zones),
    span=st.timedeltas(),
    pair=st.tuples(st.integers(), names),
    many=st.lists(st.integers(), max_size=3),
    picked=st.lists(st.sampled_from("xyz"), max_size=3),
    unique=st.sets(names, max_size=3),
    nested=firsts,
    several=st.lists(firsts, max_size=2),
    models_by_name=st.dictionaries(names, seconds, max_size=2),
    tagged=firsts | seconds,
    mixed=st.integers() | names | firsts,
    anything=st.recursive(st.none() | st.booleans() | names, lambda inner: st.lists(inner, max_size=2), max_leaves=3),
)


def draw(schema):
    import streamlit as st

    from core.ui.params_form import params_form

    st.session_state["raw"] = params_form(schema, key="form", initial=st.session_state["initial"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(everything)
def test_a_form_gives_back_the_object_that_it_was_filled_with(value):
    app = AppTest.from_function(draw, kwargs={"schema": form_schema(Every)}, default_timeout=30)
    app.session_state["initial"] = json.loads(value.model_dump_json())
    app.run()
    assert not app.exception, app.exception
    assert read_form(Every, app.session_state["raw"]).value == value
    assert [text.value for text in app.text if "fit" not in text.value] == []


@given(st.floats(min_value=-1e9, max_value=1e9, allow_nan=False))
def test_a_length_of_time_is_the_same_in_the_unit_that_is_shown(seconds):
    exact = timedelta(seconds=seconds)
    amount, unit = amount_and_unit(exact.total_seconds())
    assert timedelta(seconds=seconds_of(iso_duration(amount, unit))) == exact


@given(st.datetimes(timezones=zones | st.none()))
def test_a_moment_is_the_same_in_the_zone_that_is_shown(moment):
    read = read_datetime(moment.isoformat())
    if read is not None:
        assert read_datetime(iso_datetime(read, zone_of(read))) == moment


def test_secrets_are_written_as_their_references():
    class Access(BaseModel):
        key: SecretStr

    assert read_form(Access, {"key": "env:KEY"}).value.key.get_secret_value() == "env:KEY"


@pytest.mark.parametrize("raw", [{}, {"text": 1, "whole": "x"}])
def test_what_does_not_validate_gives_problems_and_no_object(raw):
    result = read_form(Every, raw)
    assert result.value is None
    assert {problem.path[0] for problem in result.problems} >= {"text", "whole"}
