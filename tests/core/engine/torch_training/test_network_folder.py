"""The folder of a network: what is in it, and what is refused before anything is run."""

import json
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.base.errors import DataError
from core.contracts.model import TrainContext
from core.testing.training_rows import make_training_data
from plugins.models.lstm import LSTM
from plugins.models.mlp import MLP

WEIGHTS, RECORD = "network.safetensors", "network.json"
PARAMS = MLP.Params(hidden_widths=(4,), normalisation="batch_norm", epochs=1)


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.fixture
def folder(tmp_path):
    """A saved model."""
    model = MLP("mlp", PARAMS)
    model.train(make_training_data("classification"), None, TrainContext("classification"))
    place = tmp_path / "model"
    place.mkdir()
    model.save_model(place)
    return place


def load(folder, params=PARAMS):
    model = MLP("mlp", params)
    model.load_model(folder)
    return model


def test_it_holds_weights_and_plain_json(folder):
    assert sorted(path.name for path in folder.iterdir()) == [RECORD, WEIGHTS]
    raw = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    assert raw["classes"] == [0.0, 1.0]
    assert raw["feature_columns"] == list(make_training_data("classification").features.columns)
    assert raw["architecture"] == {
        "hidden_widths": [4], "activation": "gelu", "normalisation": "batch_norm", "dropout": 0.1,
    }  # fmt: skip
    weights = load_file(folder / WEIGHTS)
    assert {str(tensor.dtype) for tensor in weights.values()} == {"torch.float32", "torch.int64"}


@pytest.mark.parametrize("name", ["weights.pt", "model.pth", "network.pkl", "pytorch_model.bin", "last.ckpt"])
def test_a_pickle_beside_them_is_refused_and_not_read(folder, tmp_path, name):
    proof = tmp_path / "run"
    (folder / name).write_bytes(pickle.dumps(Touch(proof)))
    with pytest.raises(DataError, match=f"{name}.*run code when they are read, and are not loaded"):
        load(folder)
    assert not proof.exists()


@pytest.mark.parametrize("protocol", [0, 2, 4, "torch"])
def test_a_pickle_in_the_place_of_the_weights_is_refused_and_not_read(folder, tmp_path, protocol):
    proof = tmp_path / "run"
    if protocol == "torch":
        torch.save({"weight": Touch(proof)}, folder / WEIGHTS)
    else:
        (folder / WEIGHTS).write_bytes(pickle.dumps(Touch(proof), protocol=protocol))
    with pytest.raises(DataError, match=WEIGHTS):
        load(folder)
    assert not proof.exists()


def spoil_weights(folder, change):
    weights = load_file(folder / WEIGHTS)
    change(weights)
    save_file(weights, folder / WEIGHTS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda weights: weights.pop("0.weight"), "Missing key"),
        (lambda weights: weights.update(more=torch.zeros(1)), "Unexpected key"),
        (lambda weights: weights.update({"0.weight": torch.zeros(4, 9)}), "size mismatch"),
        (lambda weights: weights.update({"0.weight": torch.full((4, 5), torch.nan)}), "not finite"),
    ],
)
def test_weights_of_another_network_are_refused(folder, change, said):
    spoil_weights(folder, change)
    with pytest.raises(DataError, match=f"(?s){said}"):
        load(folder)


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xff\xff\xff\xff\xff\xff\x7f{}", b"\x02\x00\x00\x00\x00\x00\x00\x00{}x"]
)
def test_a_damaged_file_of_weights_is_refused(folder, content):
    (folder / WEIGHTS).write_bytes(content)
    with pytest.raises(DataError, match="does not hold this network's weights"):
        load(folder)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format_version": 2}, "format_version"),
        ({"classes": [1.0]}, "do not belong together"),
        ({"classes": [1.0, 0.0]}, "do not belong together"),
        ({"feature_columns": ["a"]}, "do not belong together"),
        ({"target_scale": 0.0}, "target_scale"),
        ({"more": 1}, "more"),
        ({"longest_gap_us": 5}, "one reads histories, the other not"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(folder, changes, said):
    raw = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    (folder / RECORD).write_text(json.dumps({**raw, **changes}), encoding="utf-8")
    with pytest.raises(DataError, match=said):
        load(folder)


@pytest.mark.parametrize("text", ["[]", "{", '{"a": ' * 5000])
def test_a_record_that_is_no_record_is_refused(folder, text):
    (folder / RECORD).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="network"):
        load(folder)


@pytest.mark.parametrize("missing", [WEIGHTS, RECORD])
def test_a_missing_file_is_named(folder, missing):
    (folder / missing).unlink()
    with pytest.raises(DataError, match=missing):
        load(folder)


def test_a_network_of_other_widths_is_refused_by_the_parameter(folder):
    with pytest.raises(DataError, match=r"hidden_widths \[4\], and the model 'mlp' is to have \[8\]"):
        load(folder, PARAMS.model_copy(update={"hidden_widths": (8,)}))


def test_a_folder_of_another_kind_of_network_is_refused(folder):
    with pytest.raises(DataError, match="Load it with the parameters"):
        LSTM("lstm", LSTM.Params()).load_model(folder)


def test_how_it_was_trained_does_not_matter_for_loading(folder):
    rows = make_training_data("classification", seed=2).features
    other = PARAMS.model_copy(update={"epochs": 9, "device": "cuda"})
    np.testing.assert_array_equal(load(folder, other).predict(rows), load(folder).predict(rows))
