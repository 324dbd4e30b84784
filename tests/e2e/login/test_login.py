"""Where a login is set up, nothing is seen before it: no screen by any address, nothing of a run through the relay."""

import json

import pytest
from playwright.sync_api import expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

RUN_ID = "7f1c0e0a-52a4-4c8e-9d0a-1f6f0f6b7a11"


def sign_in_button(tab):
    return tab.get_by_role("button", name="Sign in")


@pytest.mark.parametrize("address", ["/plugins", f"/run?run={RUN_ID}"])
def test_a_deep_link_as_the_servers_first_request_shows_the_sign_in_and_nothing_else(guarded, tab, address):
    with guarded() as url:
        tab.goto(f"{url}{address}")
        expect(sign_in_button(tab)).to_be_visible()
        expect(tab.get_by_test_id("stSidebarNav")).to_have_count(0)
        for heading in ("Plugins", "Run", "System", "Overview"):
            expect(tab.get_by_role("heading", name=heading, exact=True)).to_have_count(0)
        assert "xgboost" not in tab.content()


def test_signing_in_leads_to_the_screens_and_signing_out_away_from_them(guarded, tab):
    with guarded() as url:
        tab.goto(url)
        sign_in_button(tab).click()
        expect(tab.get_by_text("ann@example.org")).to_be_visible()
        tab.goto(f"{url}/plugins")
        expect(tab.get_by_role("heading", name="Plugins", exact=True)).to_be_visible()
        tab.get_by_role("button", name="Sign out").click()
        expect(sign_in_button(tab)).to_be_visible()
        tab.goto(f"{url}/plugins")
        expect(sign_in_button(tab)).to_be_visible()
        expect(tab.get_by_role("heading", name="Plugins", exact=True)).to_have_count(0)


def test_a_user_who_is_not_on_the_list_sees_no_screen(guarded, provider, tab):
    provider.claims = {**provider.claims, "email": "eve@elsewhere.example"}
    with guarded(settings="dashboard: {allowed_users: ['@example.org']}\n") as url:
        tab.goto(url)
        sign_in_button(tab).click()
        expect(tab.get_by_text("may not see this dashboard")).to_be_visible()
        expect(tab.get_by_test_id("stSidebarNav")).to_have_count(0)


def test_a_users_list_without_a_login_keeps_everybody_out(guarded, tab):
    with guarded(settings="dashboard: {allowed_users: ['ann@example.org']}\n", secrets="[other]\nx = 1\n") as url:
        tab.goto(f"{url}/plugins")
        expect(tab.get_by_text("Nobody can sign in")).to_be_visible()
        expect(tab.get_by_role("heading", name="Plugins", exact=True)).to_have_count(0)


def test_a_login_that_cannot_be_read_keeps_everybody_out(guarded, tab):
    with guarded(secrets="[auth\n") as url:
        tab.goto(f"{url}/plugins")
        expect(tab.get_by_text("The login cannot be read")).to_be_visible()
        expect(tab.get_by_role("heading", name="Plugins", exact=True)).to_have_count(0)


def test_a_login_that_is_taken_away_while_the_server_lives_opens_no_door(guarded, tab, tmp_path):
    with guarded() as url:
        tab.goto(url)
        expect(sign_in_button(tab)).to_be_visible()
        (tmp_path / ".streamlit" / "secrets.toml").unlink()
        tab.goto(f"{url}/plugins")
        expect(tab.get_by_text("The login has gone")).to_be_visible()
        expect(tab.get_by_role("heading", name="Plugins", exact=True)).to_have_count(0)


def test_a_missing_package_keeps_everybody_out_and_is_named_with_its_extra(guarded, tab, tmp_path):
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "sitecustomize.py").write_text(
        "import sys\n\nclass Without:\n    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'authlib':\n            raise ModuleNotFoundError(name=name)\n\n"
        "sys.meta_path.insert(0, Without())\n"
    )
    with guarded(PYTHONPATH=str(tmp_path / "without")) as url:
        tab.goto(f"{url}/plugins")
        expect(tab.get_by_text("It needs authlib: pip install 'qlop[login]'")).to_be_visible()
        expect(tab.get_by_role("heading", name="Plugins", exact=True)).to_have_count(0)


def test_the_relay_gives_nothing_without_a_token(guarded):
    with guarded() as url:
        for token in ("", "made.up"):
            with connect(f"{url.replace('http', 'ws', 1)}/api/relay", origin=url, open_timeout=30) as link:
                assert json.loads(link.recv(timeout=30))["frame"] == "hello"
                link.send(json.dumps({"frame": "auth", "version": 1, "token": token}))
                answer = json.loads(link.recv(timeout=30))
                assert (answer["frame"], answer["code"], answer["is_final"]) == ("error", "bad_token", True)
                with pytest.raises(ConnectionClosed):
                    link.recv(timeout=30)
