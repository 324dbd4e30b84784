"""Only pages of the dashboard itself may frame it."""

import asyncio

import httpx
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from core.ui.frame_guard import FrameGuard
from core.ui.server import middleware


def answer_of(headers: dict[str, str]) -> httpx.Headers:
    async def page(_request):
        return PlainTextResponse("here", headers=headers)

    async def ask():
        app = FrameGuard(Starlette(routes=[Route("/", page)]))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            return (await client.get("/")).headers

    return asyncio.run(ask())


def test_every_answer_says_who_may_frame_it():
    headers = answer_of({})
    assert headers["content-security-policy"] == "frame-ancestors 'self'"
    assert headers["x-frame-options"] == "SAMEORIGIN"


def test_a_stricter_policy_of_the_answer_itself_stands():
    assert (
        answer_of({"Content-Security-Policy": "default-src 'none'"})["content-security-policy"] == "default-src 'none'"
    )


def test_the_dashboards_server_has_the_guard():
    assert [entry.cls for entry in middleware()] == [FrameGuard]
