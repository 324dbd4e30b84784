"""Who may come in, by what the identity provider says of them."""

import pytest
from pydantic import ValidationError

from core.config.settings import DashboardSettings
from core.ui.login import is_allowed

ANN = {"email": "Ann@Example.org", "email_verified": True}


@pytest.mark.parametrize("allowed", [(), ("ann@example.org",), ("@example.org",), ("bob@x.org", "@EXAMPLE.ORG")])
def test_a_user_who_is_named_or_whose_domain_is_comes_in(allowed):
    assert is_allowed(ANN, allowed)


@pytest.mark.parametrize("allowed", [("bob@example.org",), ("@ample.org",), ("@sub.example.org",)])
def test_a_user_whom_the_list_does_not_name_stays_out(allowed):
    assert not is_allowed(ANN, allowed)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"email": "ann@example.org"},
        {"email": "ann@example.org", "email_verified": False},
        {"email": "ann@example.org", "email_verified": "true"},
        {"email": 7, "email_verified": True},
        {"email": "eve@evil.org@example.org.evil.org", "email_verified": True},
    ],
)
def test_an_address_that_nobody_has_verified_names_nobody(claims):
    assert not is_allowed(claims, ("@example.org",))


@pytest.mark.parametrize("name", ["example.org", "ann@", ""])
def test_a_list_entry_that_is_no_address_is_refused(name):
    with pytest.raises(ValidationError, match="no address"):
        DashboardSettings(allowed_users=(name,))
