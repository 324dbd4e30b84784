"""What every test may ask for."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def make_large_store():
    """`make_large_store(home, n_runs)` of large_store.py: a home with many runs."""
    file = Path(__file__).with_name("large_store.py")
    spec = importlib.util.spec_from_file_location("large_store", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make_large_store
