"""The exports of a model are found by what their configs name, whatever else the index lists."""

import json

from core.services.model_exports import ModelExport, exports_of
from core.services.run_list import RunFilter, run_list
from core.services.workbench import open_workbench


def test_exports_of_another_home_in_a_shared_index_are_nobody_elses(tmp_path, make_large_store, monkeypatch):
    monkeypatch.setenv("QLOP_STORE_URL", f"sqlite:///{tmp_path / 'index.sqlite'}")
    first, second = (open_workbench(tmp_path / name) for name in ("first", "second"))
    for workbench, seed in ((first, 1), (second, 2)):
        make_large_store(workbench.home, 12, seed=seed)
    found = run_list(first, RunFilter(mode="export"))
    assert found["run_id"].map(lambda run_id: first.home.run_path(run_id).is_dir()).nunique() == 2, "both homes' runs"
    model, export = (
        next(found for found in run_list(first, RunFilter(mode=mode))["run_id"] if first.home.run_path(found).is_dir())
        for mode in ("train", "export")
    )
    section = {"mode": "export", "export": {"model_run": model, "exporter_type": "onnx"}}
    (first.home.run_path(export) / "config.json").write_text(json.dumps(section))
    assert [(made.run_id, made.exporter) for made in exports_of(first, model)] == [(export, "onnx")]


def test_what_was_compared_before_the_calibration_is_said_where_that_was_needed():
    made = ModelExport("r", "completed", "onnx", "", 10_064.0, 0.0, 1e-5, largest_uncalibrated_difference=3e-8)
    assert made.verification.endswith(" Before the calibration, which hides the model's scores, it is 3e-08.")
    assert ModelExport("r", "completed", "onnx", "", 10_064.0, 0.0, 1e-5).verification.endswith(" is allowed.")
