"""The forms of the networks: layers, and a module by its path, as a person fills them in."""

import pytest

from plugins.models.custom_network import CustomNetwork
from plugins.models.lstm import LSTM
from plugins.models.mlp import MLP


@pytest.mark.parametrize("kind", [CustomNetwork, LSTM, MLP])
def test_an_untouched_form_gives_the_defaults(form, kind):
    assert form(kind.Params).value == kind.Params()


def test_a_layer_of_another_kind_is_picked_with_its_own_fields(form):
    drawn = form(CustomNetwork.Params)
    drawn.one("selectbox", "Type of Layer 2").set_value("dropout")
    drawn.run()
    layers = drawn.value.network.layers
    assert [layer.kind for layer in layers] == ["linear", "dropout", "dropout", "linear", "relu"]
    assert layers[1].rate == 0.1


def test_a_module_keeps_its_path_and_arguments(form):
    network = {"kind": "module", "import_path": "acme.nets:Gated", "arguments": {"width": 3}}
    assert form(CustomNetwork.Params, initial={"network": network}).value.network.model_dump() == network
