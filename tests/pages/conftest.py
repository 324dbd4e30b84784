"""Screens over a home of their own."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.base.errors import QlopError
from core.services.python_run import run

PAGES = Path(__file__).parents[2] / "pages"
HOSTILE_TITLE = "<script>alert(1)</script> [a link](javascript:alert(1)) **bold**"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home that the pages look at."""
    folder = tmp_path / "home"
    monkeypatch.setenv("QLOP_HOME", str(folder))
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def page():
    """Opens a screen, with query parameters."""

    def opened(name: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(PAGES / name), default_timeout=60)
        for parameter, value in query.items():
            app.query_params[parameter] = value
        return app.run()

    return opened


@pytest.fixture(scope="session")
def used_home(tmp_path_factory):
    """A home with a completed backtest of a hostile title and a failed run."""
    home = tmp_path_factory.mktemp("used") / "home"
    config = {
        "mode": "backtest",
        "title": HOSTILE_TITLE,
        "data": {
            "data_source_type": "sample",
            "tickers": ["IBM"],
            "start_date": "2011-01-03",
            "end_date": "2012-12-31",
        },
        "strategy": {"strategy_type": "constant_leverage", "strategy_params": {"leverage": 1.5}},
        "backtest": {
            "benchmark": "NASDAQ",
            "baselines": {"always_1x": {"strategy_type": "constant_leverage", "strategy_params": {"leverage": 1.0}}},
        },
    }
    completed = run(config, home=home)
    with pytest.raises(QlopError):
        run(
            {
                **config,
                "title": "No such dates",
                "data": {**config["data"], "start_date": "1980-01-01", "end_date": "1980-12-31"},
            },
            home=home,
        )
    return home, completed.run_id


@pytest.fixture
def busy_home(used_home, tmp_path, monkeypatch):
    """That home, looked at by the pages; the completed run's id."""
    folder, run_id = used_home
    monkeypatch.setenv("QLOP_HOME", str(folder))
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    monkeypatch.chdir(tmp_path)
    return folder, run_id
