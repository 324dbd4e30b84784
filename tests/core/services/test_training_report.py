"""What a run kept of its training."""

import pandas as pd

from core.base.identifiers import new_run_id
from core.services.training_report import read_training_report
from core.services.workbench import open_workbench
from core.store.run_session import open_run


def run_with(tmp_path, predictions):
    workbench = open_workbench(tmp_path / "home")
    with open_run(workbench.home, new_run_id(), {"mode": "train"}, {}, owns_process=False) as session:
        session.save_table("fold_scores", pd.DataFrame({"fold": [0], "brier": [0.2]}))
        session.save_json("labels", {"base_rate": 0.5})
        session.save_table("predictions", pd.DataFrame(predictions))
    return workbench, session.run_id


def test_folds_labels_and_reliability_are_read(tmp_path):
    two_classes = {"probability_0": [0.4, 0.2], "probability_1": [0.6, 0.8], "target": [0.0, 1.0]}
    report = read_training_report(*run_with(tmp_path, two_classes))
    assert list(report.folds["brier"]) == [0.2]
    assert report.labels == {"base_rate": 0.5}
    assert report.reliability["n_rows"].sum() == 2
    assert report.importances is None


def test_curves_and_what_is_said_beside_them_are_read(tmp_path):
    workbench = open_workbench(tmp_path / "home")
    curves = pd.DataFrame({"fold": [-1], "metric": ["train_loss"], "value": [0.5], "step": [1]})
    with open_run(workbench.home, new_run_id(), {"mode": "train"}, {}, owns_process=False) as session:
        session.save_table("learning_curves", curves)
        session.save_json("model_notes", {"importances": "Measured: x.", "learning_curve": "", "shap_values": ""})
        session.save_table("fold_scores", pd.DataFrame({"fold": [0]}))
    report = read_training_report(workbench, session.run_id)
    assert report.curves["value"].tolist() == [0.5]
    assert report.notes["importances"] == "Measured: x."


def test_a_regression_has_no_reliability(tmp_path):
    report = read_training_report(*run_with(tmp_path, {"prediction": [0.1], "target": [0.2]}))
    assert report.reliability is None
    assert report.folds is not None


def test_three_classes_have_no_single_reliability(tmp_path):
    classes = {f"probability_{number}": [0.3] for number in range(3)}
    assert read_training_report(*run_with(tmp_path, {**classes, "target": [2.0]})).reliability is None
