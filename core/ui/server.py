"""What the dashboard's server is made of besides Streamlit itself: its entry script and its own routes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute

from core.services.workbench import open_workbench
from core.ui.frame_guard import FrameGuard
from core.ui.relay_route import RelayRoute
from core.ui.small_packets import small_packets_at_once as lifespan

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

__all__ = ["ENTRY_SCRIPT", "lifespan", "middleware", "routes"]

ENTRY_SCRIPT = Path(__file__).resolve().parent / "main.py"


def routes() -> list[BaseRoute]:
    """Return the routes, also under the path prefix of server.baseUrlPath, which Streamlit gives to its own alone."""
    prefix = str(st.get_option("server.baseUrlPath") or "").strip("/")
    places = ["", f"/{prefix}"] if prefix else [""]
    relay = RelayRoute(open_workbench)
    return [route for place in places for route in _routes_under(place, relay)]


def middleware() -> list[Middleware]:
    """Return what every request passes through."""
    return [Middleware(FrameGuard)]


def _routes_under(place: str, relay: RelayRoute) -> list[BaseRoute]:
    return [Route(f"{place}/api/health", _health), WebSocketRoute(f"{place}/api/relay", relay.serve)]


async def _health(_request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})
