"""What a person may write on a run: no secret in the clear, which is refused by the words that configs are refused by."""

import pytest

from core.base.clear_passwords import IN_CLEAR
from core.base.errors import ConfigError, UsageError
from core.base.identifiers import new_run_id
from core.config.loader import parse_config
from core.store.annotation import checked_note, checked_tags
from core.store.home import Home
from core.store.run_session import open_run
from core.store.run_store import RunStore

MARK = "Tr0ub4dor"
SECRETS = [
    f"postgresql://ann:{MARK}@db/prices",
    f"https://data.example.org/x?token={MARK}",
    f"host=db user=ann password={MARK}",
    f"UID=ann;PWD={MARK}",
]


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_in_a_note_is_refused_as_in_a_config_and_not_repeated(text):
    with pytest.raises(UsageError) as caught:
        checked_note(f"prices came from\n{text} yesterday")
    with pytest.raises(ConfigError) as of_config:
        parse_config({"title": text}, "x")
    assert str(caught.value) == f"The note {IN_CLEAR} It is left as it was."
    assert IN_CLEAR in str(of_config.value)
    assert MARK not in str(caught.value)


@pytest.mark.parametrize("text", [*SECRETS, f"\x07password={MARK}"])
def test_a_secret_in_a_tag_is_refused_and_not_repeated(text):
    with pytest.raises(UsageError) as caught:
        checked_tags(["live", text])
    assert str(caught.value) == f"A tag {IN_CLEAR} The tags are left as they were."


def test_a_password_that_a_form_cut_at_its_comma_is_refused():
    with pytest.raises(UsageError, match="A tag holds a password"):
        checked_tags(["live", f"postgresql://ann:{MARK}", "x@db/prices"])


@pytest.mark.parametrize(
    "text",
    ["see https://example.org:80/a@b", "the password is in the vault", "env:DB_URL", "ask ann@example.org", "a=b"],
)
def test_what_merely_speaks_of_a_secret_may_be_written(text):
    assert checked_note(text) == text
    assert checked_tags([text, "live"]) == sorted([text, "live"])


def test_a_refused_secret_leaves_note_and_tags_as_they_were(tmp_path):
    home = Home(tmp_path / ".qlop").create()
    with open_run(home, new_run_id(), {"mode": "train", "title": "", "seed": 7}, {}) as run:
        pass
    with RunStore(home) as store:
        store.annotate(run.run_id, tags=["live"], notes="look again")
        for change in ({"tags": ["best"], "notes": SECRETS[0]}, {"tags": [SECRETS[0]], "notes": "fine"}):
            with pytest.raises(UsageError):
                store.annotate(run.run_id, **change)
        record = store.get(run.run_id)
    assert (record.notes, record.tags) == ("look again", ("live",))
    held = [file.read_bytes() for file in home.path.rglob("*") if file.is_file()]
    assert not any(MARK.encode() in found for found in held)
