"""A database's address tells its place, and takes its passwords out of what others say."""

import pytest

from core.base.errors import ConfigError
from core.config.database_address import DatabaseAddress


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            "postgresql://ann:hush@db.example.org:5433/prices?sslpassword=hush",
            "postgresql://db.example.org:5433/prices",
        ),
        ("postgresql+psycopg://127.0.0.1/db?password=hush", "postgresql://127.0.0.1/db"),
        ("mysql+pymysql://ann:hush@h/d", "mysql://h/d"),
        ("sqlite:////home/ann@work/runs.sqlite", "sqlite:////home/ann@work/runs.sqlite"),
    ],
)
def test_the_place_holds_no_user_and_no_password(text, place):
    address = DatabaseAddress.of(text)
    assert address.place == place
    assert "hush" not in repr(address)


@pytest.mark.parametrize(
    "text", ["hush", "postgresql://u:a@hush@h/d", "postgresql://u:a@h/hush@d", "postgresql://h:hush/d"]
)
def test_what_may_show_a_piece_of_the_password_as_the_host_is_no_address(text):
    with pytest.raises(ConfigError, match="%40") as caught:
        DatabaseAddress.of(text)
    assert "hush" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_passwords_are_taken_out_however_they_are_written():
    address = DatabaseAddress.of("postgresql://ann:a%2Fb@h/d?password=c%3Ad&passphrase=eee")
    assert (
        address.without_secrets("a/b a%2Fb c:d c%3Ad eee postgresql://x:y@z")
        == "*** *** *** *** *** postgresql://x:***@z"
    )
