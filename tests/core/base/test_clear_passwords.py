"""Passwords in the clear are recognised and blotted out; what only looks like one is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.clear_passwords import holds_password, names_password, without_passwords

MARK = "zq9Hush7xk"


@pytest.mark.parametrize(
    ("text", "blotted"),
    [
        (f"postgresql://u:{MARK}@localhost/db", "postgresql://u:***@localhost/db"),
        (f"mysql+pymysql://u:{MARK}@localhost/db", "mysql+pymysql://u:***@localhost/db"),
        (f"s3://KEY:{MARK}@bucket/x/*.parquet", "s3://KEY:***@bucket/x/*.parquet"),
        (f"https://u:{MARK}@host/x.csv", "https://u:***@host/x.csv"),
        (f"https://u:80{MARK}@host", "https://u:***@host"),
        (f"redis://:{MARK}@host", "redis://:***@host"),
        (f"postgresql://ann@example.org:{MARK}@host/db", "postgresql://ann@example.org:***@host/db"),
        (f"postgresql://u:a@{MARK}@host/db", "postgresql://u:***@host/db"),
        (f"postgresql://u:12/{MARK}#?@host/db", "postgresql://u:***@host/db"),
        (f"https://a:80/x,https://u:{MARK}@host", "https://a:80/x,https://u:***@host"),
        (f"cannot reach postgres://u:{MARK}@h/d: refused", "cannot reach postgres://u:***@h/d: refused"),
        (f"postgresql://host/db?password={MARK}&a=b", "postgresql://host/db?password=***&a=b"),
        (f"https://host/x?a=1&apikey={MARK}", "https://host/x?a=1&apikey=***"),
        (f"wss://host/x?access_token={MARK}", "wss://host/x?access_token=***"),
        (f"https://host/x?X-Amz-Signature={MARK}", "https://host/x?X-Amz-Signature=***"),
        (f"SELECT * FROM dblink('host=h password={MARK}') t", "SELECT * FROM dblink('host=h password=***') t"),
        (f"SELECT dblink('host=h password = {MARK}', 'x')", "SELECT dblink('host=h password = ***', 'x')"),
        (f"SELECT dblink('host=h password=''a {MARK}''')", "SELECT dblink('host=h password=***')"),
        (f"Driver=x;UID=u;PWD={MARK};", "Driver=x;UID=u;PWD=***;"),
        (f"https:/u:{MARK}@host/x.csv", "https:/u:***@host/x.csv"),
        (f"AccountName=a;AccountKey={MARK}==;", "AccountName=a;AccountKey=***;"),
        (f"psql PGPASSWORD={MARK}", "psql PGPASSWORD=***"),
        (f"x --db-password={MARK}", "x --db-password=***"),
        (f"PASSWORD='a {MARK}' host=h", "PASSWORD=*** host=h"),
    ],
)
def test_a_password_is_recognised_and_blotted_out(text, blotted):
    assert holds_password(text)
    assert without_passwords(text) == blotted
    assert not holds_password(blotted)


def test_a_url_alone_may_have_white_space_in_its_password():
    assert holds_password(f"postgresql://u:a {MARK}@host/db")


@pytest.mark.parametrize(
    "text",
    [
        "env:PRICES_URL",
        "file:/a/b:c@d",
        "file:/a:b@c",
        "file:///a:b@c",
        "password=env:DB_PASSWORD",
        "ann@example.org",
        "the password is kept in the vault",
        "password: ask Ann",
        "password = open sesame",
        "password=",
        "SELECT t.password=u.password FROM t",
        "SELECT close = open FROM t WHERE user = 'x'",
        "postgresql://me@127.0.0.1:5432/db",
        "postgresql://USER:PASSWORD@HOST/DATABASE",
        "postgresql://u:***@host/db",
        "postgresql://u:...@host/db?password=...",
        "https://host:8080/a@b?c=d",
        "https://127.0.0.1:80?x=a@b",
        "https://example.org/@ann/x",
        "ws://[::1]:8765/a@b",
        "https://host/x?page=2&tokens=5",
        "https://example.org: ask ann@example.org",
        "sqlite:////a/b@c.sqlite",
        "file:///C:/x@y",
        "lake/ticker=*/year=2004/*.parquet",
    ],
)
def test_what_is_no_password_is_left_alone(text):
    assert not holds_password(text)
    assert without_passwords(text) == text


@pytest.mark.parametrize("text", ["a://b:" * 200_000 + "@", "?token=&" * 100_000, "password='" * 100_000 + "host="])
def test_a_hostile_text_of_a_megabyte_is_looked_through_to_its_end(text):
    # With a search that begins anew at each of them, this one test would take minutes.
    assert isinstance(holds_password(text), bool)


@given(st.text(alphabet="ab:/@?&=' *pwd\n", max_size=60))
def test_blotting_twice_is_blotting_once(text):
    once = without_passwords(f"{text}postgresql://u:{MARK}@h/d?password={MARK} {text}")
    assert MARK not in once
    assert without_passwords(once) == once


@pytest.mark.parametrize("name", ["password", "db_password", "API_KEY", "client-secret", "aws_secret_access_key"])
def test_some_names_can_only_be_of_secrets(name):
    assert names_password(name)


@pytest.mark.parametrize("name", ["key", "token", "pad_token", "passwords", "secretary", "url", "keyword"])
def test_other_names_say_nothing(name):
    assert not names_password(name)
