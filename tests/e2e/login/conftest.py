"""A local identity provider, and a dashboard that asks it, in a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_urlsafe

import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

REPOSITORY = Path(__file__).parents[3]
CLIENT_ID = "qlop-tests"
PATIENCE_S = 60


class Provider:
    """An OpenID Connect provider of one user, who says yes at once."""

    def __init__(self, port):
        self.port = port
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.claims = {"sub": "1", "email": "ann@example.org", "email_verified": True, "name": "Ann"}
        self._key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self._nonces = {}
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/jwks", self._jwks),
            ]
        )

    async def _discovery(self, _request):
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def _authorize(self, request):
        asked = request.query_params
        code = token_urlsafe(16)
        self._nonces[code] = asked.get("nonce")
        return RedirectResponse(f"{asked['redirect_uri']}?code={code}&state={asked['state']}")

    async def _token(self, request):
        nonce = self._nonces.pop((await request.form())["code"])
        now = int(time.time())
        claims = {**self.claims, "iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 600, "nonce": nonce}
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self._key)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": signed})

    async def _jwks(self, _request):
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})


@pytest.fixture
def provider(free_port):
    """A provider that answers."""
    made = Provider(free_port())
    server = uvicorn.Server(uvicorn.Config(made.app, port=made.port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield made
    server.should_exit = True
    thread.join()


@pytest.fixture
def guarded(tmp_path, provider, free_port):
    """Starts dashboards that ask the provider; gives their address."""

    @contextmanager
    def started(*, settings="", secrets=None, **environment):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        (tmp_path / ".streamlit").mkdir(exist_ok=True)
        (tmp_path / ".streamlit" / "secrets.toml").write_text(
            f'[auth]\nredirect_uri = "{url}/oauth2callback"\ncookie_secret = "{token_urlsafe(32)}"\n'
            f'client_id = "{CLIENT_ID}"\nclient_secret = "kept"\n'
            f'server_metadata_url = "{provider.issuer}/.well-known/openid-configuration"\n'
            if secrets is None
            else secrets
        )
        (tmp_path / "home").mkdir(exist_ok=True)
        if settings:
            (tmp_path / "home" / "settings.yaml").write_text(settings)
        with (tmp_path / "output.txt").open("wb") as output:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "streamlit", "run", str(REPOSITORY / "app.py")),
                    *("--server.port", str(port), "--server.headless", "true", "--server.address", "127.0.0.1"),
                ],
                cwd=tmp_path,
                env={
                    **os.environ,
                    "QLOP_HOME": str(tmp_path / "home"),
                    "QLOP_CONFIG_DIR": str(tmp_path / "configuration"),
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            _wait_until_it_listens(port, process)
            yield url
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            _end_relay(tmp_path / "home" / "relay" / "relay.json")

    return started


def _end_relay(record):
    # A relay that the dashboard has started outlives it.
    if record.exists():
        with suppress(ProcessLookupError):
            os.kill(json.loads(record.read_text())["process"]["pid"], signal.SIGKILL)


def _wait_until_it_listens(port, process):
    # Only whether the port is open: the test's own request is to be the server's first.
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "the dashboard has ended"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return
        time.sleep(0.02)
    raise AssertionError(f"nothing listens on port {port} after {PATIENCE_S} s")


@pytest.fixture
def tab(chromium):
    """A tab with cookies of its own."""
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE_S * 1000)
    yield context.new_page()
    context.close()
