"""Networks of many forms come back from their files: the length of a file's header follows from its layers' names."""

from itertools import product

import pytest

from core.contracts.model import TrainContext
from core.engine.torch_training.network_file import WEIGHTS_FILE, read_weights, write_weights
from core.testing.training_rows import make_training_data
from plugins.models.custom_network import CustomNetwork
from plugins.models.mlp import MLP

NAMED_AS_FAULTY = [([8] * 2, "layer_norm"), ([8] * 3, "layer_norm"), ([4] * 4, "none"), ([4] * 4, "layer_norm"),
                   ([8] * 4, "none")]  # fmt: skip


def come_back(model, folder):
    data = make_training_data("classification")
    model.train(data, None, TrainContext("classification"))
    model.save_model(folder)
    copy = model.untrained_copy()
    copy.load_model(folder)
    assert copy.predict(data.features).equals(model.predict(data.features))


@pytest.mark.parametrize(("widths", "normalisation"), NAMED_AS_FAULTY)
def test_a_trained_mlp_comes_back(tmp_path, widths, normalisation):
    params = MLP.Params(hidden_widths=tuple(widths), normalisation=normalisation, epochs=1)
    come_back(MLP("mlp", params), tmp_path)


def test_a_trained_network_of_nested_layers_comes_back(tmp_path):
    layers = [
        {"kind": "linear", "width": 16}, {"kind": "batch_norm"}, {"kind": "relu"},
        {"kind": "residual", "layers": [{"kind": "linear", "width": 8}, {"kind": "gelu"}, {"kind": "dropout"}]},
    ]  # fmt: skip
    params = CustomNetwork.Params.model_validate({"network": {"kind": "layers", "layers": layers}, "epochs": 1})
    come_back(CustomNetwork("custom_network", params), tmp_path)


def test_networks_of_many_forms_come_back_and_some_of_their_files_begin_as_pickles_do(tmp_path):
    starts = set()
    for width, depth, normalisation in product((4, 5, 8, 9), range(1, 6), ("none", "layer_norm")):
        model = MLP("mlp", MLP.Params(hidden_widths=(width,) * depth, normalisation=normalisation))
        network, again = model.build_network(5, 2), model.build_network(5, 2)
        write_weights(network, tmp_path)
        starts.add((tmp_path / WEIGHTS_FILE).read_bytes()[:2])
        read_weights(again, tmp_path)
        assert all(again.state_dict()[name].equal(tensor) for name, tensor in network.state_dict().items())
    assert starts >= {b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"}
