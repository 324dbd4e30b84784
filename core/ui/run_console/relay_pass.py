"""Where the browser finds the relay, and what lets it in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.base.errors import QlopError
from core.services.relay_access import relay_token

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["relay_route", "token_for_page"]

_LIFETIME_S = 120


def relay_route(workbench: Workbench) -> str:
    """Return the relay's address for the browser: below the dashboard's own, unless a setting names another.

    The relative form holds behind a proxy with a prefix: the browser knows where the dashboard is.
    """
    return workbench.settings.relay.browser_url or "api/relay"


def token_for_page(workbench: Workbench, run_id: str, asked: Mapping[str, object]) -> dict[str, Any] | None:
    """Return a token to watch the run with; None where something else is asked for, or no token can be made.

    Nothing is started here: a relay of the home's own starts with the first connection to the dashboard's route.
    """
    if asked and "ask_token" not in asked:
        return None
    try:
        return {"text": relay_token(workbench, run_id, "subscribe"), "lifetime_s": _LIFETIME_S}
    except QlopError:
        return None  # the console says that the relay is away, and reads the file
