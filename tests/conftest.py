"""What every test may ask for."""

import importlib.util
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# What takes long on a slow machine is wrong on none.
settings.register_profile("without a clock", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("without a clock")

# Before a library with threads of its own is loaded, here or in a process that a test starts: where several tests
# share few cores, threads that spin while they wait take two thirds of the time.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Whoever starts tests in the background lets them ignore Ctrl-C, and with them every process that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session):
    """Keep the tests as pytest compiled them, where the shell forbids it too: else each worker does so at each call."""
    forbidden, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    try:
        return (yield)
    finally:
        sys.dont_write_bytecode = forbidden


@pytest.fixture(scope="module")
def chromium():
    """A headless browser."""
    from playwright.sync_api import sync_playwright

    # Of a module, not of the session: while Playwright is open no other event loop can run in this thread.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def compiled_kernels():
    """The folder of compiled kernels, for a link in a cache folder of a test's own: compiling takes a quarter of a minute."""
    from core.engine.kernels.compilation import kernel_cache_folder

    return kernel_cache_folder().parent


@pytest.fixture(scope="session")
def free_port():
    """`free_port()` of free_port.py: a port for a server that the test starts."""
    return _neighbour("free_port").free_port


@pytest.fixture(scope="session")
def make_large_store():
    """`make_large_store(home, n_runs)` of large_store.py: a home with many runs."""
    return _neighbour("large_store").make_large_store


@pytest.fixture(scope="session")
def postgres_url():
    """URL of an empty database on a PostgreSQL server of our own, which ends with the session."""
    with _neighbour("postgres_server").postgres_server() as url:
        yield url


def _neighbour(name):
    file = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
