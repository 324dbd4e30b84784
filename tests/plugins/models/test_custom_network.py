"""The `custom_network` model: layers in the config, and modules by their import path."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import pytest
import qlop
from pydantic import ValidationError
from qlop.testing import ModelContractSuite, make_training_data

from plugins.models.custom_network import CustomNetwork

RESIDUAL = [
    {"kind": "linear", "width": 8},
    {"kind": "batch_norm"},
    {"kind": "residual", "layers": [{"kind": "linear", "width": 8}, {"kind": "relu"}, {"kind": "dropout"}]},
    {"kind": "layer_norm"},
]
MODULE = """
from torch import nn

class Gated(nn.Module):
    def __init__(self, n_inputs, n_outputs, width):
        super().__init__()
        self.values, self.gate = nn.Linear(n_inputs, width), nn.Linear(n_inputs, width)
        self.output = nn.Linear(width, n_outputs)

    def forward(self, inputs):
        return self.output(self.values(inputs) * self.gate(inputs).sigmoid())

class Learning(Gated):
    # The mean over the rows counts nothing before it has learned.
    def __init__(self, n_inputs, n_outputs, width):
        super().__init__(n_inputs, n_outputs, width)
        self.register_buffer("share", self.output.bias.detach().new_zeros(()))

    def forward(self, inputs):
        if self.training:
            self.share.fill_(0.5)
        return super().forward(inputs - self.share * inputs.mean(dim=0))
"""


class TestCustomNetwork(ModelContractSuite):
    plugin_class = CustomNetwork
    params: ClassVar[dict] = {"epochs": 3, "batch_rows": 64, "network": {"kind": "layers", "layers": RESIDUAL}}


@pytest.fixture
def by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Parameters that name a class in a package on Python's path."""
    package = tmp_path / "site" / "gated_networks"
    package.mkdir(parents=True)
    (package / "nets.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "site")
    yield {
        "epochs": 3,
        "network": {"kind": "module", "import_path": "gated_networks.nets:Gated", "arguments": {"width": 6}},
    }
    for name in [name for name in sys.modules if name.startswith("gated_networks")]:
        del sys.modules[name]


def fitted(params: dict[str, Any]) -> CustomNetwork:
    model = CustomNetwork("custom_network", CustomNetwork.Params.model_validate(params))
    model.train(make_training_data("classification"), None, qlop.TrainContext("classification", seed=1))
    return model


def test_a_module_by_its_path_trains_and_is_recorded(tmp_path: Path, by_path: dict[str, Any]) -> None:
    model, folder = fitted(by_path), tmp_path / "model"
    folder.mkdir()
    model.save_model(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["network.json", "network.safetensors"]
    recorded = json.loads((folder / "network.json").read_text(encoding="utf-8"))["architecture"]["network"]
    assert recorded == {"kind": "module", "import_path": "gated_networks.nets:Gated", "arguments": {"width": 6}}
    loaded = CustomNetwork("custom_network", model.params)
    loaded.load_model(folder)
    rows = make_training_data("classification", seed=2).features
    pd.testing.assert_frame_equal(loaded.predict(rows), model.predict(rows), check_exact=True)


def test_a_network_that_has_learned_to_look_at_other_rows_is_refused_by_its_name(by_path: dict[str, Any]) -> None:
    by_path["network"]["import_path"] = "gated_networks.nets:Learning"
    said = r"gated_networks.nets:Learning answers a row alone otherwise than among 64 rows \(.* later bars would change"
    with pytest.raises(qlop.TrainingError, match=said):
        fitted(by_path)


def test_a_module_that_is_not_installed_where_it_is_loaded_is_named(tmp_path: Path, by_path: dict[str, Any]) -> None:
    model, folder = fitted(by_path), tmp_path / "model"
    folder.mkdir()
    model.save_model(folder)
    for name in [name for name in sys.modules if name.startswith("gated_networks")]:
        del sys.modules[name]
    (tmp_path / "site").rename(tmp_path / "elsewhere")
    with pytest.raises(qlop.DataError, match=r"'gated_networks.nets:Gated' cannot be imported.*PYTHONPATH"):
        CustomNetwork("custom_network", model.params).load_model(folder)


def test_a_folder_that_names_another_class_imports_nothing(tmp_path: Path, by_path: dict[str, Any]) -> None:
    """What is imported is what the parameters name, never what a folder says."""
    model, folder, proof = fitted(by_path), tmp_path / "model", tmp_path / "imported"
    folder.mkdir()
    model.save_model(folder)
    (tmp_path / "site" / "hostile.py").write_text(f"open({str(proof)!r}, 'w')", encoding="utf-8")
    text = (folder / "network.json").read_text(encoding="utf-8")
    (folder / "network.json").write_text(text.replace("gated_networks.nets:Gated", "hostile:Gated"), encoding="utf-8")
    with pytest.raises(qlop.DataError, match=r"hostile:Gated.*Load it with the parameters that it was trained with"):
        CustomNetwork("custom_network", model.params).load_model(folder)
    assert not proof.exists()


@pytest.mark.parametrize(
    "network",
    [
        {"kind": "module", "import_path": "package.module"},
        {"kind": "module", "import_path": "../module:Class"},
        {"kind": "module", "import_path": "a:B", "arguments": {"rate": float("nan")}},
        {"kind": "module"},
        {"kind": "layers", "layers": []},
        {"kind": "layers", "import_path": "a:B"},
        {"layers": [{"kind": "linear"}]},
    ],
)
def test_networks_that_are_neither_are_refused(network: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CustomNetwork.Params.model_validate({"network": network})
