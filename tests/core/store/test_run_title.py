"""What a run is called where its config has no title."""

import json

import pytest

from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.run_title import run_title

MODEL, EXPORT = "11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555"
CONFIG = {"mode": "export", "title": "", "export": {"model_run": MODEL, "exporter_type": "onnx"}}


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home").create()


def trained_in(place, model):
    (place / MODEL).mkdir()
    (place / MODEL / "config.json").write_text(json.dumps({"model": model}))


@pytest.mark.parametrize("place", ["runs_folder", "trash_folder"])
@pytest.mark.parametrize("models_place", ["runs_folder", "trash_folder"])
def test_an_export_is_called_by_format_model_and_run_wherever_the_two_lie(home, place, models_place):
    trained_in(getattr(home, models_place), {"model_type": "linear"})
    assert run_title(RunFolder(getattr(home, place) / EXPORT, EXPORT), CONFIG) == "onnx export of linear 11111111"


def test_the_models_kind_is_left_out_where_no_run_tells_it(home):
    folder = RunFolder(home.run_path(EXPORT), EXPORT)
    assert run_title(folder, CONFIG) == "onnx export of 11111111"
    trained_in(home.runs_folder, ["linear"])
    assert run_title(folder, CONFIG) == "onnx export of 11111111"


@pytest.mark.parametrize(
    "config",
    [
        {**CONFIG, "title": "Mine"},
        {**CONFIG, "title": "Mine", "mode": "train"},
        {"title": "Mine", "mode": "export", "export": None},
    ],
)
def test_a_title_that_was_given_stays(home, config):
    assert run_title(RunFolder(home.run_path(EXPORT), EXPORT), config) == "Mine"


@pytest.mark.parametrize(
    "config",
    [
        {"mode": "train", "export": CONFIG["export"]},
        {"mode": "export"},
        {"mode": "export", "export": {"model_run": "../../elsewhere", "exporter_type": "onnx"}},
        {"mode": "export", "export": {"model_run": None}},
    ],
)
def test_a_run_that_exports_no_run_that_is_known_has_no_title(home, config):
    assert run_title(RunFolder(home.run_path(EXPORT), EXPORT), config) == ""
