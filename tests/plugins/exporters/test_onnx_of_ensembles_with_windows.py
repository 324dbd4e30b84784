"""The `onnx` exporter writes an ensemble with members that read histories as one graph of windows of bars."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import qlop
from qlop.engine import comparison_rows, fitted_model_of, onnx_of_joined_models
from qlop.testing import make_training_data

from core.engine.onnx_graphs.network_windows import LONGEST_GAP_KEY
from plugins.exporters.onnx import Onnx
from plugins.models.lstm import LSTM
from plugins.models.onnx import Onnx as OnnxModel


def lstm(sequence_bars: int) -> dict:
    # It must learn something: scores that say nothing are calibrated to one number, which any file would tell.
    params = {"sequence_bars": sequence_bars, "hidden_width": 4, "epochs": 2, "batch_rows": 64, "learning_rate": 0.02}
    return {"model_type": "lstm", "model_params": params}


LINEAR = {"model_type": "linear"}
TREES_IN_SINGLE = {"model_type": "xgboost", "model_params": {"n_estimators": 5}}
CASES = {
    "windows of two lengths and rows": ({"members": [lstm(3), LINEAR, lstm(6), TREES_IN_SINGLE]}, 6),
    "stacking": ({"members": [lstm(4), LINEAR], "method": "stacking"}, 4),
    "a final memory of rows": ({"members": [LINEAR, TREES_IN_SINGLE], "method": "stacking", "final_model": lstm(4)}, 4),
    "a final memory of floats": ({"members": [TREES_IN_SINGLE], "method": "stacking", "final_model": lstm(3)}, 3),
    "a final memory of memories": (
        {"members": [lstm(3), LINEAR, lstm(5)], "method": "stacking", "final_model": lstm(4)},
        8,
    ),
    "a final ensemble with memories": (
        {
            "members": [lstm(2), LINEAR],
            "method": "stacking",
            "final_model": {"model_type": "ensemble", "model_params": {"members": [lstm(4), LINEAR]}},
        },
        5,
    ),
    "windows within": ({"members": [{"model_type": "ensemble", "model_params": {"members": [lstm(5), LINEAR]}}]}, 5),
}


@pytest.mark.parametrize("n_classes", [0, 2, 3])
@pytest.mark.parametrize(("params", "sequence_bars"), CASES.values(), ids=CASES)
def test_the_file_predicts_from_windows_what_the_ensemble_predicts(
    make_ensemble, n_classes: int, params: dict, sequence_bars: int, tmp_path: Path
) -> None:
    artifact = make_ensemble(n_classes, "platt" if n_classes else None, **params)
    result = Onnx("onnx", Onnx.Params()).export(artifact, tmp_path / "model.onnx")
    assert result.rows_compared == 10_064
    assert 0.0 < result.largest_difference <= result.tolerance <= 1e-5
    session = onnxruntime.InferenceSession(result.path)
    windows, history_bars = session.get_inputs()
    assert (windows.name, windows.shape[1], history_bars.name) == ("features", sequence_bars, "history_bars")


@pytest.mark.parametrize(
    "params",
    [
        {"members": [lstm(3), LINEAR, lstm(6)]},
        {"members": [lstm(3), LINEAR], "method": "stacking", "final_model": lstm(4)},
    ],
    ids=["members", "members and the final model"],
)
def test_the_model_onnx_finds_the_same_histories_in_the_file(make_ensemble, params: dict, tmp_path: Path) -> None:
    artifact = make_ensemble(2, **params)
    result = Onnx("onnx", Onnx.Params()).export(artifact, tmp_path / "model.onnx")
    rows = comparison_rows(artifact, 300, seed=5)
    # Behind a hole histories begin anew.
    moments = rows.index.get_level_values("timestamp")
    rows = rows[(moments < moments[100]) | (moments > moments[140] + pd.Timedelta(days=8))]
    model = OnnxModel("onnx", OnnxModel.Params(path=str(result.path), takes_missing_values=True))
    fitted = fitted_model_of(artifact)
    target = (rows.iloc[:, 0].fillna(0.0) > 0).astype("float64")
    model.train(qlop.TrainingData(rows, target, target + 1.0, target), None, qlop.TrainContext("classification"))
    found, expected = model.predict(rows)["probability_1"], fitted.predict(rows)["probability_1"]
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-5)
    assert model.history_reading() == fitted.model.history_reading()
    alone = model.predict(rows.iloc[-1:])["probability_1"].to_numpy()
    np.testing.assert_allclose(alone, fitted.predict(rows.iloc[-1:])["probability_1"], rtol=0.0, atol=1e-5)
    assert abs(alone[0] - found.iloc[-1]) > 1e-4, "its history had a part"


class OtherHoles(LSTM):
    """A network that takes another time without a bar for a hole."""

    def to_onnx(self, opset: int) -> bytes:
        import onnx

        model = onnx.load_from_string(super().to_onnx(opset))
        for entry in model.metadata_props:
            entry.value = str(int(entry.value) + 1) if entry.key == LONGEST_GAP_KEY else entry.value
        return model.SerializeToString()


class Silent(LSTM):
    """A network whose graph does not say how its windows are made."""

    def to_onnx(self, opset: int) -> bytes:
        import onnx

        model = onnx.load_from_string(super().to_onnx(opset))
        del model.metadata_props[:]
        return model.SerializeToString()


def joined(kind: type[LSTM], *, is_final: bool) -> qlop.JoinedModels:
    data, context = make_training_data("classification"), qlop.TrainContext("classification")
    members = [made("lstm", made.Params(sequence_bars=3, hidden_width=4, epochs=1)) for made in (LSTM, kind)]
    for member in members:
        member.train(data, None, context)
    if is_final:
        return qlop.JoinedModels(("first",), (members[0],), (1.0,), members[1])
    return qlop.JoinedModels(("first", "second"), tuple(members), (0.5, 0.5))


@pytest.mark.parametrize(
    ("kind", "is_final", "message"),
    [
        (OtherHoles, False, r"different times between two bars for a hole \('first': \d+ us, 'second': \d+ us\)"),
        (Silent, False, r"member 'second' reads windows of bars and does not say how they are made"),
        (
            OtherHoles,
            True,
            r"for a hole \('first': \d+ us, 'final_model': \d+ us\).*Give them all the same longest_gap",
        ),
    ],
)
def test_windows_that_one_file_cannot_read_are_refused_by_name(kind, is_final: bool, message: str) -> None:
    with pytest.raises(qlop.ExportError, match=message):
        onnx_of_joined_models(joined(kind, is_final=is_final), 5, 2, 18)
