"""Modes carried out for real, in this process and a home of their own."""

from __future__ import annotations

import copy

import pytest

from core.services.run_mode import RunRequest, run_mode
from core.services.workbench import open_workbench

SMALL = {
    "title": "A small run",
    "seed": 3,
    "thread_count": 1,
    "data": {
        "data_source_type": "sample",
        "tickers": ["AAPL", "IBM"],
        "start_date": "2006-01-03",
        "end_date": "2008-12-31",
    },
    "features": [
        {"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5, 20]}},
    ],
    "label": {"labeler_type": "leverage_opportunity", "labeler_params": {"horizon_bars": 5, "leverage": 1.5}},
    "model": {"model_type": "linear"},
    "splits": {"train_bars": 400, "test_bars": 200},
    "strategy": {"strategy_type": "leverage_opportunity"},
}


@pytest.fixture
def small():
    """A config as plain data, to be changed freely."""
    return copy.deepcopy(SMALL)


class Modes:
    """Runs modes in one home; `seen` holds the last run's events."""

    def __init__(self, folder):
        self.workbench = open_workbench(folder)
        self.seen = []

    def run(self, mode, config):
        self.seen = []
        return run_mode(
            self.workbench, RunRequest(config={**config, "mode": mode}, owns_process=False), observer=self.seen.append
        )

    def warnings(self):
        return [event.payload.message for event in self.seen if getattr(event.payload, "level", "") == "warning"]

    def make_plugin(self, kind, name, params):
        return self.workbench.registry().create(kind, name, params, where="the test")


@pytest.fixture(scope="module")
def modes(tmp_path_factory):
    """A home for the runs of one module."""
    return Modes(tmp_path_factory.mktemp("modes") / "home")


@pytest.fixture(scope="module")
def trained(modes):
    """A completed run of mode train."""
    outcome = modes.run("train", copy.deepcopy(SMALL))
    assert outcome.status == "completed", outcome.error
    return outcome
