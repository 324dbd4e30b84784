"""The `mlp` model."""

from __future__ import annotations

from typing import ClassVar

import pytest
import qlop
import torch
from pydantic import ValidationError
from qlop.testing import ModelContractSuite, make_training_data
from torch import nn

from plugins.models.mlp import MLP


class TestMLP(ModelContractSuite):
    plugin_class = MLP
    params: ClassVar[dict] = {"epochs": 3, "hidden_widths": [8], "batch_rows": 64}


def test_hidden_layers_are_linear_normalised_bent_and_thinned() -> None:
    params = MLP.Params(hidden_widths=(7, 3), activation="tanh", normalisation="layer_norm", dropout=0.5)
    network = MLP("mlp", params).build_network(5, 2)
    hidden = [nn.Linear, nn.LayerNorm, nn.Tanh, nn.Dropout]
    assert [type(part) for part in network] == [*hidden, *hidden, nn.Linear]
    assert network(torch.zeros(4, 5)).shape == (4, 2)


@pytest.mark.parametrize(("normalisation", "kind"), [("none", nn.GELU), ("batch_norm", nn.BatchNorm1d)])
def test_what_is_not_asked_for_is_left_out(normalisation: str, kind: type) -> None:
    network = MLP("mlp", MLP.Params(hidden_widths=(7,), normalisation=normalisation, dropout=0.0)).build_network(5, 1)
    assert type(network[1]) is kind
    assert not any(isinstance(part, nn.Dropout) for part in network)


def test_it_learns_what_follows_from_the_features() -> None:
    data, later = make_training_data("classification"), make_training_data("classification", seed=2)
    model = MLP("mlp", MLP.Params(hidden_widths=(16,), learning_rate=0.01, epochs=20))
    model.train(data, None, qlop.TrainContext("classification", seed=1))
    assert (model.predict(later.features)["prediction"] == later.target).mean() > 0.8


@pytest.mark.parametrize(
    "params", [{"hidden_widths": []}, {"hidden_widths": [0]}, {"dropout": 1.0}, {"epochs": 0}, {"batch_rows": 1}]
)
def test_params_out_of_bounds_are_refused(params: dict) -> None:
    with pytest.raises(ValidationError):
        MLP.Params(**params)
