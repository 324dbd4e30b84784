"""The bundle of a model that came with what it knows, of which its file does not say until when."""

import hashlib
import json
from zipfile import ZipFile

import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper

from core.services.known_rows import UNKNOWN_ROWS
from core.services.predict_bundle import predict_by_bundle
from core.services.run_mode import RunRequest, run_mode
from core.services.trained_models import read_model_card
from core.services.workbench import open_workbench

DATA = {"data_source_type": "sample", "tickers": ["AAPL"], "start_date": "2006-01-03", "end_date": "2007-12-31"}
CONFIG = {
    "mode": "train",
    "seed": 3,
    "thread_count": 1,
    "data": DATA,
    "features": [{"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5]}}],
    "label": {"labeler_type": "direction"},
    "splits": {"train_bars": 250, "test_bars": 100},
}


def completed(workbench, config):
    outcome = run_mode(workbench, RunRequest(config=config, owns_process=False))
    assert outcome.status == "completed", outcome.error
    return outcome


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A workbench, the run that trained the model, and the bundle of it."""
    place = tmp_path_factory.mktemp("pretrained")
    features, answer = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("features", "probability")
    ]
    graph = helper.make_graph([helper.make_node("Sigmoid", ["features"], ["probability"])], "up", [features], [answer])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.save(model, place / "up.onnx")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QLOP_CONFIG_DIR", str(place / "configuration"))
        workbench = open_workbench(place / "home")
        section = {"model_type": "onnx", "model_params": {"path": str(place / "up.onnx")}}
        trained = completed(workbench, {**CONFIG, "model": section})
        export = {"model_run": trained.run_id, "exporter_type": "bundle"}
        exported = completed(workbench, {"mode": "export", "export": export})
        yield workbench, trained, exported.folder / "artifacts" / "export" / "model.qlop-bundle.zip"


@pytest.mark.parametrize("columns", [["mom_5"], ["date", "symbol", "mom_5"]], ids=["without times", "with times"])
def test_it_is_told_that_nobody_knows_which_rows_taught_it(home, tmp_path, columns):
    workbench, _, bundle = home
    rows = pd.DataFrame({"date": ["2030-01-02", "2030-01-03"], "symbol": "AAPL", "mom_5": [0.1, 0.0]})
    rows[columns].to_csv(tmp_path / "rows.csv", index=False)
    assert predict_by_bundle(workbench, bundle, tmp_path / "rows.csv").notes[-1] == UNKNOWN_ROWS


def test_its_cards_say_so_too(home):
    workbench, trained, _ = home
    card = read_model_card(workbench, trained.run_id)
    assert dict(card.learned)["Learned until"] == "2007-12-31 here; elsewhere before, until when is not known"
    assert not any("It has seen no bar after" in limit for limit in card.limits)
    written = (trained.folder / "artifacts" / "model_card.md").read_text()
    assert "| Before it came here | bars that its file does not name |" in written
    assert "Later ones may have taught it too before it came here" in written
    assert "It has seen no bar after" not in written


def test_its_cards_and_its_bundle_name_the_file_and_not_the_folder_it_lay_in(home):
    workbench, trained, bundle = home
    file = workbench.home.path.with_name("up.onnx")
    with ZipFile(bundle) as archive:
        texts = {name: archive.read(name) for name in archive.namelist()}
    for name in ("model_card.md", "model/model.json"):
        texts[f"artifacts/{name}"] = (trained.folder / "artifacts" / name).read_bytes()
    assert [name for name, text in texts.items() if str(file.parent).encode() in text] == []
    for name in ("MODEL_CARD.md", "model/model.json"):
        assert b"up.onnx" in texts[name]
        assert hashlib.sha256(file.read_bytes()).hexdigest().encode() in texts[name]
    written = json.loads((trained.folder / "config.json").read_text())
    assert written["model"]["model_params"] == {**written["model"]["model_params"], "path": str(file), "sha256": None}
