"""A network of somebody's own is imported, made and asked before any time is spent on it."""

import sys

import pytest
import torch

from core.base.errors import TrainingError
from core.engine.torch_training.imported_network import imported_class, imported_network

MODULE = """
import torch
from torch import nn

class Plain(nn.Module):
    def __init__(self, n_inputs, n_outputs, width=4):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(n_inputs, width), nn.Tanh(), nn.Linear(width, n_outputs))

    def forward(self, inputs):
        return self.layers(inputs)

class Wide(Plain):
    def forward(self, inputs):
        return self.layers(inputs).repeat(1, 2)

class Single(Plain):
    def forward(self, inputs):
        return self.layers(inputs.float()).float()

class Broken(Plain):
    def forward(self, inputs):
        return inputs @ torch.ones(inputs.shape[1], 1)

class Leaving(Plain):
    def __init__(self, n_inputs, n_outputs):
        raise SystemExit(3)

class Frozen(Plain):
    def __init__(self, n_inputs, n_outputs):
        super().__init__(n_inputs, n_outputs)
        self.requires_grad_(False)

class Demeaned(Plain):
    def forward(self, inputs):
        return self.layers(inputs - inputs.mean(dim=0, keepdim=True))

class Standardised(Plain):
    def forward(self, inputs):
        return self.layers(nn.functional.batch_norm(inputs, None, None, training=True))

class Attending(Plain):
    def forward(self, inputs):
        return self.layers(torch.softmax(inputs @ inputs.T, dim=1) @ inputs)

class Drawing(Plain):
    def forward(self, inputs):
        return self.layers(inputs + 0.5 * torch.randn_like(inputs))

class Remembering(Plain):
    asked = 0

    def forward(self, inputs):
        self.asked += 1
        return self.layers(inputs) * self.asked

class Ranked(Plain):
    def forward(self, inputs):
        return self.layers(inputs).reshape(-1, 2)[torch.argsort(inputs[:, 0]).argsort()]

class Usual(Plain):
    def __init__(self, n_inputs, n_outputs):
        super().__init__(n_inputs, n_outputs)
        self.layers = nn.Sequential(nn.BatchNorm1d(n_inputs), nn.Dropout(0.5), self.layers, nn.LayerNorm(n_outputs))

class Coarse(Plain):
    def forward(self, inputs):
        return self.layers(inputs).float().to(inputs.dtype)

def make(n_inputs, n_outputs):
    return Plain(n_inputs, n_outputs)

answer = 42
"""


@pytest.fixture
def own_module(tmp_path, monkeypatch):
    """The name of a module on Python's path."""
    (tmp_path / "networks_of_a_test.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield "networks_of_a_test"
    sys.modules.pop("networks_of_a_test", None)


def test_the_class_gets_both_widths_and_the_arguments(own_module):
    network = imported_network(f"{own_module}:Plain", {"width": 6}, 3, 2)
    assert network.layers[0].weight.shape == (6, 3)
    assert network(torch.zeros(5, 3)).shape == (5, 2)
    assert network.layers[0].weight.dtype == torch.float32


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("Absent", {}, "cannot be imported.*PYTHONPATH"),
        ("make", {}, "must be a class that inherits torch.nn.Module"),
        ("answer", {}, "must be a class that inherits torch.nn.Module"),
        ("Plain", {"depth": 3}, r"cannot be made with n_inputs=3, n_outputs=2.*depth"),
        ("Leaving", {}, "cannot be made.*SystemExit: 3"),
        ("Frozen", {}, "no parameter that training could change"),
        ("Wide", {}, r"with \(2, 4\) of torch.float64; it must be \(2, 2\)"),
        ("Single", {}, "fails on torch.float64 rows|of torch.float32; it must be"),
        ("Broken", {}, r"fails on torch.float64 rows of shape \(2, 3\).*new_zeros"),
        ("Demeaned", {}, r"_of_a_test:Demeaned answers a row alone otherwise than among 6 .*later bars would change"),
        ("Standardised", {}, r"answers 6 rows together, and one of them alone not \(ValueError: .*no mean, normalis"),
        ("Attending", {}, "alone otherwise than among 6 rows .*no mean, normalisation or attention over the rows"),
        ("Ranked", {}, "alone otherwise than among 6 rows"),
        ("Drawing", {}, r"otherwise when it is asked again \(.* apart, .*no random numbers"),
        ("Remembering", {}, "otherwise when it is asked again"),
    ],
)
def test_what_cannot_be_a_network_is_refused_with_the_reason(own_module, name, arguments, said):
    with pytest.raises(TrainingError, match=said):
        imported_network(f"{own_module}:{name}", arguments, 3, 2)


def test_a_module_that_is_not_there_is_refused_with_the_next_step():
    with pytest.raises(TrainingError, match=r"'no_such_package.nets:Net' cannot be imported: ModuleNotFoundError"):
        imported_network("no_such_package.nets:Net", {}, 3, 2)


def test_a_class_that_is_no_network_is_not_made(tmp_path):
    proof = tmp_path / "made"
    with pytest.raises(TrainingError, match="must be a class that inherits"):
        imported_network("subprocess:Popen", {"args": ["touch", str(proof)]}, 3, 2)
    assert not proof.exists()


@pytest.mark.parametrize("name", ["Usual", "Coarse"])
def test_what_depends_on_the_rows_in_training_alone_or_by_digits_alone_is_taken(own_module, name):
    network = imported_network(f"{own_module}:{name}", {}, 3, 2)
    assert {weight.dtype for weight in network.parameters()} == {torch.float32}


def test_looking_draws_no_number_that_training_would_draw(own_module):
    torch.manual_seed(5)
    imported_class(f"{own_module}:Plain")(3, 2)
    expected = torch.rand(1)
    torch.manual_seed(5)
    imported_network(f"{own_module}:Plain", {}, 3, 2)
    assert torch.equal(torch.rand(1), expected)
