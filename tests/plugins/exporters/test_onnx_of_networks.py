"""The `onnx` exporter on networks: onnxruntime alone computes what PyTorch predicts, or there is no file and a reason."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import qlop
from qlop.engine import classes_of, comparison_rows, fitted_model_of, load_model_artifact, save_fitted_model
from qlop.testing import make_training_data

from core.engine.calibration import Calibrator
from core.engine.fitted_model import FittedModel
from core.engine.model_example import example_rows
from plugins.exporters.onnx import Onnx
from plugins.models.custom_network import CustomNetwork
from plugins.models.lstm import LSTM
from plugins.models.mlp import MLP

WEEK_US = 7 * 24 * 3600 * 1_000_000
MODULE = """
import torch
from torch import nn

class Gated(nn.Module):
    def __init__(self, n_inputs, n_outputs, width=6):
        super().__init__()
        self.values, self.gate = nn.Linear(n_inputs, width), nn.Linear(n_inputs, width)
        self.output = nn.Linear(width, n_outputs)

    def forward(self, inputs):
        thinned = nn.functional.dropout(nn.functional.gelu(self.gate(inputs)), 0.5, self.training)
        return self.output(self.values(inputs) * thinned)

class Attentive(Gated):
    def __init__(self, n_inputs, n_outputs, width=8):
        super().__init__(n_inputs, n_outputs, width)
        self.each = nn.Linear(1, width)
        self.layer = nn.TransformerEncoderLayer(width, 2, 16, batch_first=True, activation="gelu")

    def forward(self, inputs):
        return self.output(self.layer(self.each(inputs[:, :, None])).mean(1))

class Scaled(Gated):
    def __init__(self, n_inputs, n_outputs, width=6):
        super().__init__(n_inputs, n_outputs, width)
        self.weights = nn.Parameter(torch.randn(n_inputs, width))

    def forward(self, inputs):
        return self.output((((inputs * 0.1) @ self.weights) / 0.7).tanh())

class Recurring(Gated):
    def __init__(self, n_inputs, n_outputs, width=6):
        super().__init__(n_inputs, n_outputs, width)
        self.memory = nn.GRU(1, width, batch_first=True)

    def forward(self, inputs):
        return self.output(self.memory(inputs[:, :, None])[0][:, -1])

class Counting(Gated):
    def forward(self, inputs):
        return self.output(self.values(inputs.reshape(int(inputs.shape[0]), -1)))

class Exotic(Gated):
    def forward(self, inputs):
        return self.output(self.values(inputs)) + torch.linalg.svdvals(self.gate(inputs)[:, :2, None])
"""


def data_for(n_classes: int, seed: int = 0) -> qlop.TrainingData:
    data = make_training_data("regression", 400, seed, missing=0.1)
    if not n_classes:
        return data
    target = pd.qcut(data.target, n_classes, labels=False).astype(float) - float(n_classes > 2)
    return qlop.TrainingData(data.features, target)


def fitted(
    kind: type[qlop.ModelPlugin], params: Mapping[str, object], n_classes: int, method: str | None
) -> FittedModel:
    data, later = data_for(n_classes), data_for(n_classes, 1)
    model = kind(kind.name, kind.Params.model_validate({"epochs": 2, "batch_rows": 64, **params}))
    model.train(data, None, qlop.TrainContext("classification" if n_classes else "regression", seed=3))
    classes = classes_of(data.target) if n_classes else ()
    raw = model.predict(later.features)
    told = (classes[1:] if n_classes == 2 else classes) if method else ()
    maps = tuple(Calibrator.fit(raw[f"probability_{c:g}"], later.target == c, method=method) for c in told)
    return FittedModel(model, "classification" if n_classes else "regression", tuple(data.features), classes, maps)


def saved(fitted_model: FittedModel, folder: Path) -> qlop.ModelArtifact:
    folder.mkdir()
    examples = example_rows(data_for(0).features, accepts_missing=True)
    save_fitted_model(fitted_model, folder, example_features=examples)
    return load_model_artifact(folder, fitted_model.model.untrained_copy)


def exported(artifact: qlop.ModelArtifact, path: Path, opset: int = 18) -> qlop.ExportResult:
    return Onnx("onnx", Onnx.Params(opset=opset)).export(artifact, path)


MLPS = [
    ("gelu", "none", 0, None, 18),
    ("gelu", "batch_norm", 2, "isotonic", 15),
    ("silu", "layer_norm", 2, None, 21),
    ("tanh", "batch_norm", 3, "platt", 18),
    ("relu", "layer_norm", 3, "isotonic", 17),
    ("relu", "none", 2, "platt", 20),
]


@pytest.mark.parametrize(("activation", "normalisation", "n_classes", "method", "opset"), MLPS)
def test_a_perceptron_is_computed_in_float64_with_all_around_it(
    activation: str, normalisation: str, n_classes: int, method: str | None, opset: int, tmp_path: Path
) -> None:
    params = {"hidden_widths": [9, 5], "activation": activation, "normalisation": normalisation}
    artifact = saved(fitted(MLP, params, n_classes, method), tmp_path / "model")
    result = exported(artifact, tmp_path / "model.onnx", opset)
    assert result.rows_compared >= 10_000
    assert result.tolerance == 1e-8
    assert result.largest_difference < 1e-11
    written = onnx.load(tmp_path / "model.onnx")
    assert {entry.domain: entry.version for entry in written.opset_import} == {"": opset, "ai.onnx.ml": 3}

    features = comparison_rows(artifact, 300, seed=9)
    assert features.isna().any(axis=None)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    names = [output.name for output in session.get_outputs()]
    found = session.run(names, {"features": features.to_numpy()})
    expected = fitted_model_of(artifact).predict(features)
    assert names == list(expected.columns)
    np.testing.assert_allclose(np.column_stack(found)[:, 1:], expected.to_numpy()[:, 1:], rtol=0.0, atol=1e-11)
    assert session.get_modelmeta().custom_metadata_map["qlop.computed_in"] == "float64"


def test_layers_of_the_config_are_written_one_by_one(tmp_path: Path) -> None:
    inner = [{"kind": "linear", "width": 7}, {"kind": "gelu"}, {"kind": "dropout", "rate": 0.4}]
    layers = [{"kind": "residual", "layers": inner}, {"kind": "batch_norm"}, {"kind": "silu"}, {"kind": "layer_norm"}]
    artifact = saved(
        fitted(CustomNetwork, {"network": {"kind": "layers", "layers": layers}}, 3, "platt"), tmp_path / "model"
    )
    result = exported(artifact, tmp_path / "model.onnx")
    assert (result.tolerance, result.rows_compared >= 10_000) == (1e-8, True)
    assert result.largest_difference < 1e-11


@pytest.mark.parametrize(
    ("n_classes", "method", "opset", "params"),
    [
        (0, None, 15, {"sequence_bars": 4}),
        (2, "isotonic", 18, {"sequence_bars": 7, "n_layers": 3}),
        (3, "platt", 21, {"sequence_bars": 1}),
    ],
)
def test_a_memory_is_computed_over_windows(
    n_classes: int, method: str | None, opset: int, params: dict[str, int], tmp_path: Path
) -> None:
    artifact = saved(fitted(LSTM, {"hidden_width": 5, **params}, n_classes, method), tmp_path / "model")
    result = exported(artifact, tmp_path / "model.onnx", opset)
    assert result.rows_compared >= 10_000
    assert result.tolerance == 1e-8
    assert result.largest_difference < 1e-10
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    windows, counts = session.get_inputs()
    assert (windows.name, windows.type, windows.shape[1:]) == (
        "features",
        "tensor(double)",
        [params["sequence_bars"], 5],
    )
    assert (counts.name, counts.type, len(counts.shape)) == ("history_bars", "tensor(int64)", 1)


def windows_by_hand(features: pd.DataFrame, n_bars: int) -> tuple[np.ndarray, np.ndarray]:
    """Make windows as docs/exports.md tells, a row at a time; rubbish before a history."""
    windows = np.full((len(features), n_bars, features.shape[1]), np.inf)
    counts = np.zeros(len(features), np.int64)
    for row, (moment, ticker) in enumerate(features.index):
        own = features.xs(ticker, level="ticker").sort_index().loc[:moment]
        gaps = own.index.to_series().diff() > pd.Timedelta(microseconds=WEEK_US)
        own = own[gaps.cumsum() == gaps.cumsum().iloc[-1]].iloc[-n_bars:]
        counts[row] = len(own)
        windows[row, n_bars - len(own) :] = own.to_numpy()
    return windows, counts


def test_windows_made_by_hand_as_the_documentation_says_give_the_predictions(tmp_path: Path) -> None:
    artifact = saved(fitted(LSTM, {"sequence_bars": 6, "hidden_width": 5}, 2, "platt"), tmp_path / "model")
    exported(artifact, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    said = session.get_modelmeta().custom_metadata_map
    assert (said["qlop.sequence_bars"], said["qlop.longest_gap_us"]) == ("6", str(WEEK_US))
    assert json.loads(said["qlop.feature_columns"]) == list(artifact.example_features.columns)

    features = data_for(0, 4).features.iloc[:120]
    features = features.drop(index=features.index[40:60]).sample(frac=1.0, random_state=1)
    features.iloc[5] = np.nan  # a bar that is there, and of which nothing is known
    windows, counts = windows_by_hand(features, 6)
    assert set(counts) == {1, 2, 3, 4, 5, 6}
    assert np.isnan(windows).any()
    [found] = session.run(["probability_1"], {"features": windows, "history_bars": counts})
    expected = fitted_model_of(artifact).predict(features)["probability_1"]
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-12)


def test_a_difference_beyond_the_tolerance_leaves_no_file(tmp_path: Path) -> None:
    artifact = saved(fitted(LSTM, {"sequence_bars": 3, "hidden_width": 5}, 2, None), tmp_path / "model")
    artifact.expected_predictions.iloc[7, 2] += 3e-8
    with pytest.raises(qlop.ExportError, match=r"predicts probability_1 .* in row 7"):
        exported(artifact, tmp_path / "model.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_two_exports_have_the_same_bytes(tmp_path: Path) -> None:
    artifact = saved(
        fitted(LSTM, {"sequence_bars": 3, "hidden_width": 4, "n_layers": 2}, 2, "platt"), tmp_path / "model"
    )
    for name in ("a.onnx", "b.onnx"):
        exported(artifact, tmp_path / name)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


@pytest.fixture
def own_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Classes in a module on Python's path."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "networks_to_export.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "site")
    yield
    sys.modules.pop("networks_to_export", None)


def own(name: str, folder: Path, n_classes: int = 2) -> qlop.ModelArtifact:
    network = {"kind": "module", "import_path": f"networks_to_export:{name}"}
    return saved(fitted(CustomNetwork, {"network": network}, n_classes, None), folder)


@pytest.mark.usefixtures("own_networks")
@pytest.mark.parametrize(
    ("name", "opset", "precision", "tolerance", "found"),
    [
        ("Gated", 15, "float64", 1e-8, 1e-13),
        ("Gated", 21, "float64", 1e-8, 1e-13),
        ("Attentive", 18, "float64", 1e-8, 1e-13),
        # Numbers that float32 has not beside products, which onnxruntime would round to it.
        ("Scaled", 15, "float64", 1e-8, 1e-13),
        ("Recurring", 18, "float32", 1e-5, 1e-5),
    ],
)
def test_a_module_of_ones_own_is_traced_and_the_file_says_how_precisely_it_is_computed(
    name: str, opset: int, precision: str, tolerance: float, found: float, tmp_path: Path
) -> None:
    artifact = own(name, tmp_path / "model")
    result = exported(artifact, tmp_path / "model.onnx", opset)
    assert result.rows_compared >= 10_000
    assert result.largest_difference <= found <= result.tolerance == tolerance
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    said = session.get_modelmeta().custom_metadata_map
    assert (said["qlop.computed_in"], said["qlop.opset"]) == (precision, str(opset))
    assert {entry.domain: entry.version for entry in onnx.load(tmp_path / "model.onnx").opset_import}[""] == opset
    features = comparison_rows(artifact, 70, seed=2)
    [answer] = session.run(["probability_1"], {"features": features.to_numpy()})
    np.testing.assert_allclose(answer, fitted_model_of(artifact).predict(features)["probability_1"], atol=tolerance)


@pytest.mark.usefixtures("own_networks")
@pytest.mark.parametrize(
    ("name", "n_classes", "message"),
    [
        (
            "Counting",
            2,
            r"networks_to_export:Counting cannot be written as ONNX: .*networks_to_export.py, line \d+, turns",
        ),
        ("Exotic", 2, r"Exotic cannot be written as ONNX: .*linalg_svdvals.*Export it with exporter_type: bundle"),
    ],
)
def test_a_module_that_no_graph_follows_is_refused_by_name(
    name: str, n_classes: int, message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    artifact = own(name, tmp_path / "model", n_classes)
    with pytest.raises(qlop.ExportError, match=message):
        exported(artifact, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()
    assert capfd.readouterr() == ("", "")
