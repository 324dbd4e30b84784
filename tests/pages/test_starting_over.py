"""What was typed into a form is thrown away only after a question, and can be brought back."""

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from core.ui.catalog import reload_plugins


@pytest.fixture(autouse=True)
def fresh_catalog():
    """Plugins are listed anew for each test."""
    reload_plugins()


def button(app: AppTest, label: str):
    return next((found for found in app.button if found.label == label), None)


def config_shown(app: AppTest) -> dict:
    return yaml.safe_load(app.code[0].value)


def type_test_bars(app: AppTest, bars: str) -> AppTest:
    app.session_state["form-train-1-fold-splits"] = True
    app.run()
    next(found for found in app.text_input if found.label == "Test (bars)").set_value(bars).run()
    assert config_shown(app)["splits"]["test_bars"] == int(bars)
    return app


def test_another_beginning_can_be_undone_and_done_again(busy_home, page):
    _, run_id = busy_home
    app = type_test_bars(page("train.py", from_run=run_id), "63")
    assert button(app, "Bring back what was typed") is None
    next(box for box in app.selectbox if box.label == "Begin with").select_index(0).run()
    assert app.query_params["preset"] == "leverage_opportunity"
    button(app, "Bring back what was typed").click().run()
    assert not app.exception
    assert config_shown(app)["splits"]["test_bars"] == 63
    assert app.query_params["from_run"] == run_id
    assert "preset" not in app.query_params


def test_an_address_that_names_another_beginning_keeps_what_was_typed(busy_home, page):
    _, run_id = busy_home
    app = type_test_bars(page("train.py"), "63")
    app.query_params.clear()
    app.query_params["from_run"] = run_id
    app.run()
    assert config_shown(app)["data"]["tickers"] == ["IBM"]
    button(app, "Bring back what was typed").click().run()
    assert config_shown(app)["splits"]["test_bars"] == 63


def test_a_form_that_was_reset_brings_back_what_was_typed(home, page):
    app = type_test_bars(page("train.py"), "63")
    button(app, "Discard what I typed").click().run()
    assert config_shown(app)["splits"]["test_bars"] == 126
    button(app, "Bring back what was typed").click().run()
    assert config_shown(app)["splits"]["test_bars"] == 63


@pytest.mark.parametrize("screen", ["train.py", "backtest.py", "data.py"])
def test_every_form_asks_before_it_forgets(home, page, screen):
    app = page(screen)
    assert not app.exception
    assert button(app, "Reset") is None
    assert button(app, "Discard what I typed") is not None
