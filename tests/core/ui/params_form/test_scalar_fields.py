"""Each scalar type: how it is drawn, what is typed, what comes back."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Literal

import pytest
from pydantic import AwareDatetime, BaseModel, Field


class Size(Enum):
    """Sizes."""

    SMALL = "small"
    LARGE = "large"


def one(annotation, default=..., **field):
    """A model with one field of a type."""
    namespace = {"__annotations__": {"rate": annotation}, "rate": Field(default, **field)}
    return type("One", (BaseModel,), {"__module__": __name__, **namespace})


def test_an_untouched_form_leaves_everything_to_the_defaults(form):
    drawn = form(one(int, 3))
    assert drawn.raw == {}
    assert drawn.value.rate == 3


@pytest.mark.parametrize(
    ("model", "kind", "shown", "typed", "raw"),
    [
        (one(str, "a"), "text_input", "a", "b", "b"),
        (one(str, "a", json_schema_extra={"widget": "textarea"}), "text_area", "a", "b\nc", "b\nc"),
        (one(int, 5, ge=0, le=10), "slider", 5, 7, 7),
        (one(int, 5, ge=0, le=10, json_schema_extra={"widget": "number"}), "number_input", 5, 7, 7),
        (one(int, 5, ge=1, le=1000), "number_input", 5, 7, 7),
        (one(int, 5, ge=1, le=1000, json_schema_extra={"widget": "slider"}), "slider", 5, 7, 7),
        (one(int, 5), "text_input", "5", "7", 7),
        (one(float, 0.25, ge=0, le=1), "slider", 0.25, 0.5, 0.5),
        (one(float, 0.255, ge=0, le=1), "number_input", 0.255, 0.1234567, 0.1234567),
        (one(float, 1.0, gt=0), "number_input", 1.0, 1e-9, 1e-9),
        (one(bool, False), "toggle", False, True, True),
        (one(Literal["a", "b"], "a"), "selectbox", "a", "b", "b"),
        (one(Literal["a", "b"], "a", json_schema_extra={"widget": "radio"}), "radio", "a", "b", "b"),
        (one(Literal["", 1, "1"], 1), "selectbox", "1 (not a text)", "1", "1"),
        (one(Size, Size.SMALL), "selectbox", "small", "large", "large"),
        (one(date, date(2020, 1, 31)), "date_input", date(2020, 1, 31), date(1987, 10, 19), "1987-10-19"),
        (one(time, time(9, 30)), "time_input", time(9, 30), time(16, 0), "16:00:00"),
        (one(Path, Path("a")), "text_input", "a", "~/prices", "~/prices"),
        (one(Decimal, Decimal("0.10")), "text_input", "0.10", "0.30", "0.30"),
        (one(timedelta, timedelta(hours=36)), "number_input", 36.0, 48.0, "P2D"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_type_has_its_widget_and_what_is_typed_comes_back(form, model, kind, shown, typed, raw):
    drawn = form(model)
    assert drawn.one(kind, "Rate").value == shown
    drawn.type(kind, "Rate", typed)
    assert drawn.raw == {"rate": raw}
    assert type(drawn.raw["rate"]) is type(raw)
    assert drawn.value == model(rate=raw)
    assert drawn.one(kind, "Rate").value == typed


def test_a_moment_bears_its_zone(form):
    drawn = form(one(AwareDatetime, datetime(2020, 1, 31, 15, 30, tzinfo=UTC)))
    assert drawn.one("datetime_input", "Rate").value == datetime.fromisoformat("2020-01-31T15:30:00")
    drawn.type("datetime_input", "Rate", datetime.fromisoformat("2020-02-01T09:00:00"))
    assert drawn.raw == {"rate": "2020-02-01T09:00:00Z"}


def test_a_moment_keeps_an_offset_of_its_own(form):
    drawn = form(one(AwareDatetime), initial={"rate": "2020-01-31T15:30:00+05:30"})
    assert drawn.app.selectbox[0].value == "+05:30"
    drawn.type("datetime_input", "Rate", datetime.fromisoformat("2020-02-01T09:00:00"))
    assert drawn.value.rate == datetime(2020, 2, 1, 3, 30, tzinfo=UTC)


def test_a_zone_that_is_none_is_refused_beside_the_moment(form):
    drawn = form(one(AwareDatetime, datetime(2020, 1, 31, tzinfo=UTC)))
    drawn.type("datetime_input", "Rate", datetime.fromisoformat("2020-02-01T00:00:00"))
    drawn.app.selectbox[0].set_value("no zone")
    drawn.run().check()
    assert any("rate" in text and "timezone" in text for text in drawn.texts)


def test_a_length_of_time_changes_with_its_unit(form):
    drawn = form(one(timedelta, timedelta(hours=36)))
    assert drawn.app.selectbox[0].value == "hours"
    drawn.app.selectbox[0].set_value("days")
    assert drawn.run().value.rate == timedelta(days=36)


def test_a_length_of_time_beyond_any_is_refused_and_the_old_one_holds(form):
    drawn = form(one(timedelta, timedelta(hours=36)))
    drawn.type("number_input", "Rate", 1e300)
    assert drawn.raw == {}
    assert any("longer than" in text for text in drawn.texts)
    assert [problem.path for problem in drawn.app.session_state["form_problems"]] == [("rate",)]


@pytest.mark.parametrize("seed", [2**53 + 1, -(2**63), 10**40])
def test_a_whole_number_that_a_browser_would_round_is_kept_to_the_last_digit(form, seed):
    drawn = form(one(int, 0))
    drawn.type("text_input", "Rate", str(seed))
    assert drawn.raw == {"rate": seed}
    assert drawn.leave_and_return().one("text_input", "Rate").value == str(seed)


def test_a_bound_beyond_a_browsers_numbers_makes_it_text(form):
    assert form(one(int, 1, ge=0, le=2**64)).one("text_input", "Rate").value == "1"


def test_what_is_no_whole_number_is_said_beside_the_field(form):
    drawn = form(one(int, 0))
    drawn.type("text_input", "Rate", "three").check()
    assert any("whole number" in text and "three" in text for text in drawn.texts)
    assert drawn.one("text_input", "Rate").value == "three"


def test_a_required_field_begins_empty_and_is_asked_for(form):
    drawn = form(one(float))
    assert drawn.one("number_input", "Rate").value is None
    assert drawn.one("number_input", "Rate").placeholder == "required"
    drawn.check()
    assert "rate is missing; it must be given." in drawn.texts


def test_a_required_yes_or_no_is_not_answered_in_advance(form):
    drawn = form(one(bool))
    assert drawn.one("selectbox", "Rate").value is None
    drawn.type("selectbox", "Rate", "No")
    assert drawn.raw == {"rate": False}


def test_a_field_that_is_emptied_has_its_default_again(form):
    drawn = form(one(float, 2.5), initial={"rate": 3.5})
    assert drawn.type("number_input", "Rate", None).raw == {}
    assert drawn.one("number_input", "Rate").placeholder == "default 2.5"


def test_a_value_out_of_bounds_is_shown_as_it_is(form):
    drawn = form(one(int, 5, ge=1, le=1000), initial={"rate": 5000})
    assert drawn.one("number_input", "Rate").value == 5000
    drawn.check()
    assert "rate is 5000; it must be at most 1000." in drawn.texts


def test_a_bound_that_is_excluded_is_left_to_the_model(form):
    drawn = form(one(float, 0.5, gt=0, lt=1))
    drawn.type("number_input", "Rate", 1.0).check()
    assert "rate is 1.0; it must be less than 1.0." in drawn.texts


def test_a_read_only_field_is_shown_and_cannot_be_typed_into(form):
    drawn = form(one(int, 5, ge=1, le=1000, frozen=True))
    assert drawn.one("number_input", "Rate").disabled
    assert form(one(str, "a", json_schema_extra={"readOnly": True})).one("text_input", "Rate").disabled


def test_a_single_possible_value_is_given_where_it_must_be(form):
    drawn = form(one(Literal["v1"]))
    assert drawn.one("text_input", "Rate").disabled
    assert drawn.raw == {"rate": "v1"}


def test_an_example_stands_in_the_empty_field(form):
    assert form(one(str, examples=["momentum"])).one("text_input", "Rate").placeholder == "such as momentum"


def test_a_moment_keeps_its_seconds_when_only_the_zone_changes(form):
    drawn = form(one(datetime), initial={"rate": "2020-01-31T15:30:12Z"})
    drawn.app.selectbox[0].set_value("no zone")
    assert drawn.run().value.rate == datetime.fromisoformat("2020-01-31T15:30:12")
