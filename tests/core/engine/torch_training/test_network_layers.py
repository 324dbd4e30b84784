"""Layers that a config names, against the same network by hand."""

import pytest
import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from core.engine.torch_training.layers import Layer, layered_network
from core.engine.torch_training.reproducible import reproducible

LAYERS = TypeAdapter(tuple[Layer, ...])


def made(layers, n_inputs=5, n_outputs=2):
    with reproducible(seed=3, thread_count=1):
        return layered_network(LAYERS.validate_python(layers), n_inputs, n_outputs)


def test_layers_follow_each_other_and_a_linear_one_gives_the_outputs():
    network = made(
        [
            {"kind": "linear", "width": 7},
            {"kind": "batch_norm"},
            {"kind": "relu"},
            {"kind": "dropout", "rate": 0.25},
            {"kind": "layer_norm"},
            {"kind": "gelu"},
            {"kind": "silu"},
            {"kind": "tanh"},
        ]
    )
    kinds = [nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.Dropout, nn.LayerNorm, nn.GELU, nn.SiLU, nn.Tanh, nn.Linear]
    assert [type(part) for part in network] == kinds
    assert (network[0].in_features, network[0].out_features) == (5, 7)
    assert (network[8].in_features, network[8].out_features) == (7, 2)
    assert network[3].p == 0.25


def test_a_residual_block_adds_what_went_in():
    network = made([{"kind": "residual", "layers": [{"kind": "linear", "width": 5}, {"kind": "tanh"}]}])
    rows = torch.randn(4, 5)
    block = network[0]
    expected = network[1](rows + torch.tanh(block.inner[0](rows)))
    assert torch.equal(network(rows), expected)


def test_a_residual_block_of_another_width_projects_what_went_in():
    network = made([{"kind": "residual", "layers": [{"kind": "linear", "width": 9}]}])
    assert (network[0].around.in_features, network[0].around.out_features) == (5, 9)
    assert network(torch.randn(4, 5)).shape == (4, 2)


@pytest.mark.parametrize(
    "layer",
    [
        {"kind": "convolution"},
        {"width": 3},
        {"kind": "linear", "width": 0},
        {"kind": "dropout", "rate": 1.0},
        {"kind": "relu", "width": 3},
        {"kind": "residual", "layers": []},
        {"kind": "residual", "layers": [{"kind": "residual"}]},
    ],
)
def test_layers_that_nobody_knows_are_refused(layer):
    with pytest.raises(ValidationError):
        LAYERS.validate_python([layer])
