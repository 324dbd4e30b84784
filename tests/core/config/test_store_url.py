"""The index of runs is on this machine unless a variable of the user says otherwise; secrets come by reference."""

import pytest

from core.base.errors import ConfigError
from core.config.store_url import names_another_machine, resolve_secret, resolved_store_url

ELSEWHERE = "postgresql://me:hunter2@db.example.org/qlop"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://db.example.org/qlop",
        "postgresql+psycopg://me@10.0.0.1:5432/qlop",
        "postgresql://127.0.0.1.example.org/qlop",
        "postgresql://127.0.0.1@example.org/qlop",
        "postgresql://127.0.0.1#@example.org/qlop",
        "postgresql://127.0.0.1,example.org/qlop",
        "postgresql://127.0.0.1/qlop?host=example.org",
        "postgresql:///qlop?host=/run/postgresql,example.org",
        "postgresql:///qlop?host=/run/postgresql&host=example.org",
        "postgresql://127.0.0.1/qlop?hostaddr=10.0.0.1",
        "postgresql:///qlop?service=elsewhere",
    ],
)
def test_a_server_elsewhere_is_seen_however_it_is_named(url):
    assert names_another_machine(url)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////a/b.sqlite",
        "postgresql://me@127.0.0.1:5432/qlop",
        "postgresql://localhost/qlop?application_name=qlop",
        "postgresql://[::1]/qlop",
        "postgresql:///qlop",
        "postgresql:///qlop?host=/run/postgresql",
        "env:DATABASE",
        "file:/a/b",
        "no URL",
    ],
)
def test_what_is_of_this_machine_or_names_no_server_stands(url):
    assert not names_another_machine(url)


def test_secrets_are_resolved_from_variables_and_files(tmp_path):
    path = tmp_path / "key"
    path.write_text("from-file\n")
    assert resolve_secret("env:KEY", {"KEY": "from-env"}) == "from-env"
    assert resolve_secret(f"file:{path}", {}) == "from-file"
    assert resolve_secret("sqlite:///x.sqlite", {}) == "sqlite:///x.sqlite"


@pytest.mark.parametrize(
    ("reference", "said"), [("env:NONE", "variable NONE is not set"), ("file:/none/x", "cannot be read")]
)
def test_a_reference_to_nothing_is_refused(reference, said):
    with pytest.raises(ConfigError, match=said):
        resolve_secret(reference, {})


def test_a_variable_may_name_a_server_elsewhere_and_QLOP_STORE_URL_a_file_that_does(tmp_path):
    path = tmp_path / "url"
    path.write_text(ELSEWHERE)
    assert resolved_store_url("env:DATABASE", {"DATABASE": ELSEWHERE}) == ELSEWHERE
    assert resolved_store_url("env:QLOP_STORE_URL", {"QLOP_STORE_URL": ELSEWHERE}) == ELSEWHERE
    assert resolved_store_url("env:QLOP_STORE_URL", {"QLOP_STORE_URL": f"file:{path}"}) == ELSEWHERE


def test_a_file_that_settings_name_may_lead_to_this_machine_alone(tmp_path):
    path = tmp_path / "url"
    path.write_text("postgresql://me:hunter2@127.0.0.1/qlop")
    assert resolved_store_url(f"file:{path}", {}) == "postgresql://me:hunter2@127.0.0.1/qlop"
    path.write_text(ELSEWHERE)
    with pytest.raises(ConfigError, match=f"set QLOP_STORE_URL=file:{path}") as refusal:
        resolved_store_url(f"file:{path}", {})
    assert "hunter2" not in str(refusal.value)
