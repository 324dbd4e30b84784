"""The optional login: nobody sees a screen before signing in, where sign-in is configured.

It is configured by the section [auth] of Streamlit's secrets. The entry script asks `is_let_in` before it builds the
navigation, at every run of every session, so that no address leads past it. Whatever is wrong with the configuration
keeps everybody out: a login that was asked for is never left away.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from core.base.errors import QlopError
from core.services.workbench import open_workbench
from core.ui.plain_text import problem, quiet

__all__ = ["is_allowed", "is_let_in", "is_still_let_in"]

_NEEDED = ("authlib", "httpx")
_PROVIDER_FIELDS = ("client_id", "client_secret", "server_metadata_url")


def is_let_in() -> bool:
    """Return whether this session may see the screens; where not, draw what it may do instead."""
    try:
        provider = _provider()
    except StreamlitSecretNotFoundError as error:
        _say_closed("The login cannot be read", str(error))
        return False
    try:
        allowed = open_workbench().settings.dashboard.allowed_users
    except QlopError as error:
        if provider is None and not _seen()["login"]:
            # Nobody was to sign in. Every screen says what is wrong, and shows nothing that the settings guard.
            return True
        _say_closed("The settings cannot be read", str(error))
        return False
    if provider is None:
        return _is_open_to_all(allowed)
    _seen()["login"] = True
    return _is_signed_in(provider) and _is_admitted(allowed)


def is_still_let_in() -> bool:
    """Return whether this session may go on; draws nothing, for fragments, which run without the entry script."""
    try:
        allowed = open_workbench().settings.dashboard.allowed_users
        provider = _provider()
    except (QlopError, StreamlitSecretNotFoundError):
        return False
    if provider is None:
        return not allowed and not _seen()["login"]
    return bool(st.user.is_logged_in) and is_allowed(st.user.to_dict(), allowed)


def is_allowed(user: Mapping[str, object], allowed: Sequence[str]) -> bool:
    """Return whether an identity's claims name somebody who may come in.

    Parameters
    ----------
    user : mapping
        Claims of the identity provider, such as email and email_verified.
    allowed : sequence of str
        Addresses ("ann@example.org") and domains ("@example.org"); empty lets everybody in who can sign in.
    """
    if not allowed:
        return True
    email = user.get("email")
    # An address that nobody has proven to own names nobody.
    if not isinstance(email, str) or "@" not in email or user.get("email_verified") is not True:
        return False
    wanted = {name.casefold() for name in allowed}
    address = email.casefold()
    return address in wanted or f"@{address.rpartition('@')[2]}" in wanted


@st.cache_resource(show_spinner=False)
def _seen() -> dict[str, bool]:
    """Return whether this server has had a login: a file that is away while somebody saves it opens no door."""
    return {"login": False}


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def _provider() -> str | None:
    """Return which provider is configured: "" for the only one, its name among several, None where there is none."""
    if not any(os.path.lexists(place) for place in st.get_option("secrets.files")):
        return None
    # Reading raises where a file is there that cannot be parsed.
    section = dict(st.secrets).get("auth")
    if section is None:
        return None
    if all(section.get(field) for field in _PROVIDER_FIELDS):
        return ""
    named = [name for name, inner in section.items() if isinstance(inner, Mapping)]
    if named:
        return str(named[0])
    lacking = ", ".join(field for field in _PROVIDER_FIELDS if not section.get(field))
    raise StreamlitSecretNotFoundError(f"[auth] in Streamlit's secrets lacks {lacking}. See docs/login.md.")


def _is_open_to_all(allowed: Sequence[str]) -> bool:
    if _seen()["login"]:
        _say_closed("The login has gone", "Its configuration was removed. Put it back, or start the dashboard anew.")
        return False
    if allowed:
        _say_closed("Nobody can sign in", "The setting dashboard.allowed_users names users, but no login is set up.")
    return not allowed


def _is_signed_in(provider: str) -> bool:
    missing = [name for name in _NEEDED if not _is_installed(name)]
    if missing:
        _say_closed("The login cannot work", f"It needs {' and '.join(missing)}: pip install 'qlop[login]'")
        return False
    if not st.user.is_logged_in:
        _draw_sign_in(provider)
    return bool(st.user.is_logged_in)


def _is_admitted(allowed: Sequence[str]) -> bool:
    user = st.user.to_dict()
    is_admitted = is_allowed(user, allowed)
    if not is_admitted:
        _say_closed("No access", f"{user.get('email') or 'This account'} may not see this dashboard. Ask who runs it.")
    with st.sidebar:
        quiet(str(user.get("email") or user.get("name") or "Signed in"), "user")
        st.button("Sign out", icon=":material/logout:", on_click=st.logout, key="sign-out")
    return is_admitted


def _draw_sign_in(provider: str) -> None:
    with st.container(border=True, width=420):
        st.title("QLOP", anchor=False)
        st.markdown("Sign in to see runs, models and data.")
        arguments = [provider] if provider else []
        st.button("Sign in", icon=":material/login:", type="primary", on_click=st.login, args=arguments, key="sign-in")


def _say_closed(title: str, text: str) -> None:
    with st.container(width=620):
        problem(title, text)
