"""Secrets are references; one that is typed in the clear is refused and forgotten."""

from __future__ import annotations

from pydantic import BaseModel, SecretStr

CLEAR = "hunter2-very-secret"


class Access(BaseModel):
    """What opens a door."""

    key: SecretStr
    spare: SecretStr | None = None


class Doors(BaseModel):
    """Secrets further within."""

    doors: list[Access] = []
    by_name: dict[str, SecretStr] = {}


def everything_kept(drawn):
    return repr(vars(drawn.app.session_state._state))


def test_a_secret_is_a_password_field_that_says_what_it_takes(form):
    field = form(Access).one("text_input", "Key")
    assert field.proto.type == field.proto.PASSWORD
    assert "not the secret" in field.help


def test_a_reference_is_kept(form):
    drawn = form(Access).type("text_input", "Key", " env:BROKER_KEY ")
    assert drawn.raw == {"key": "env:BROKER_KEY"}
    assert drawn.value.key.get_secret_value() == "env:BROKER_KEY"
    assert drawn.leave_and_return().one("text_input", "Key").value == "env:BROKER_KEY"


def test_a_secret_in_the_clear_is_refused_and_kept_nowhere(form):
    drawn = form(Access).type("text_input", "Key", CLEAR)
    assert drawn.raw == {}
    assert drawn.one("text_input", "Key").value == ""
    assert any("env:NAME" in text and "dropped" in text for text in drawn.texts)
    assert [problem.path for problem in drawn.app.session_state["form_problems"]] == [("key",)]
    assert CLEAR not in everything_kept(drawn)


def test_a_secret_in_the_clear_does_not_take_the_place_of_a_reference_silently(form):
    drawn = form(Access, initial={"key": "file:/run/key"}).type("text_input", "Key", CLEAR)
    assert drawn.raw == {}
    assert any("dropped" in text for text in drawn.texts)
    drawn.type("text_input", "Key", "env:KEY")
    assert drawn.raw == {"key": "env:KEY"}
    assert drawn.texts == []


def test_a_secret_that_comes_in_the_clear_from_elsewhere_is_dropped_as_well(form):
    initial = {"doors": [{"key": CLEAR, "spare": CLEAR}], "by_name": {"front": CLEAR, "back": "env:BACK"}}
    drawn = form(Doors, initial=initial)
    assert CLEAR not in everything_kept(drawn)
    assert drawn.raw == {"doors": [{}], "by_name": {"back": "env:BACK"}}
    assert sum("dropped" in text for text in drawn.texts) >= 2


def test_an_optional_secret_begins_empty_when_it_is_switched_on(form):
    drawn = form(Access).type("toggle", "Spare", True)
    assert drawn.one("text_input", "Spare").value == ""
    assert [problem.path for problem in drawn.app.session_state["form_problems"]] == [("spare",)]
    drawn.type("text_input", "Spare", "env:SPARE")
    assert drawn.raw == {"spare": "env:SPARE"}
    assert drawn.app.session_state["form_problems"] == ()
