"""Streamlit's configuration as the repository has it, whichever folder another test made it read first."""

from pathlib import Path

import pytest
from streamlit import config


@pytest.fixture(autouse=True)
def repository_configuration(monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[3])
    config.get_config_options(force_reparse=True)
