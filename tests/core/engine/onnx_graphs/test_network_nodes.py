"""Nodes of networks: the error function, any stack of layers, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from scipy import special
from torch import nn

from core.base.errors import ExportError
from core.engine.onnx_graphs.network_gelu import add_erf
from core.engine.onnx_graphs.network_graph import onnx_of_network
from core.engine.onnx_graphs.network_layers import is_known
from core.engine.onnx_graphs.onnx_graph import FEATURES, SCORES, OnnxGraph
from core.engine.onnx_graphs.onnx_session import OnnxSession
from core.engine.torch_training.layers import Layer, layered_network
from core.engine.torch_training.network_record import NetworkRecord
from core.engine.torch_training.reproducible import reproducible
from core.engine.torch_training.standardisation import Standardisation

COLUMNS = ("a", "b", "c")
ROWS = np.random.default_rng(5).normal(size=(50, 3)) * [1.0, 1e-3, 1e6] + [0.0, 5.0, 3e6]


def record(classes: tuple[float, ...] = (), **changes: object) -> NetworkRecord:
    values = ROWS.copy()
    values[::7, 1] = np.nan
    return NetworkRecord(
        architecture={},
        feature_columns=COLUMNS,
        classes=classes,
        standardisation=Standardisation.fit(values),
        target_mean=0.0 if classes else 250.0,
        target_scale=1.0 if classes else 0.02,
        longest_gap_us=None,
        importances=(0.0,) * 3,
    ).model_copy(update=changes)


def asked(content: bytes, values: np.ndarray) -> np.ndarray:
    return OnnxSession(content).ask(values)[SCORES]


def test_the_error_function_is_that_of_scipy_from_end_to_end() -> None:
    graph = OnnxGraph.begin(1, 15, "double")
    session = OnnxSession(graph.finished({SCORES: (add_erf(graph, FEATURES), (None, 1))}))
    sizes = np.concatenate([np.linspace(0.0, 8.0, 20_001), 10.0 ** np.arange(-300, 301, 20)])
    values = np.concatenate([-sizes, sizes])[:, None]
    np.testing.assert_allclose(session.ask(values)[SCORES], special.erf(values), rtol=0.0, atol=6e-15)
    assert np.isnan(session.ask(np.array([[np.nan]]))[SCORES]).all()


plain = st.one_of(
    st.builds(lambda width: {"kind": "linear", "width": width}, st.integers(1, 9)),
    st.sampled_from(["relu", "gelu", "silu", "tanh", "dropout", "batch_norm", "layer_norm"]).map(
        lambda kind: {"kind": kind}
    ),
)
layers = st.lists(
    st.one_of(plain, st.lists(plain, min_size=1, max_size=3).map(lambda own: {"kind": "residual", "layers": own})),
    min_size=1,
    max_size=6,
    # Each norm of values that are all but equal makes their last digit three hundred times as large.
).filter(lambda given_layers: str(given_layers).count("_norm") <= 2)


@settings(max_examples=40, deadline=None)
@given(given_layers=layers, n_classes=st.sampled_from([0, 2, 4]), seed=st.integers(0, 99))
def test_any_stack_of_layers_gives_what_pytorch_gives(given_layers: list, n_classes: int, seed: int) -> None:
    known = record(tuple(float(label) for label in range(n_classes)))
    inputs = torch.from_numpy(known.standardisation.apply(ROWS))
    with reproducible(seed, 1):
        made = layered_network(TypeAdapter(tuple[Layer, ...]).validate_python(given_layers), 4, n_classes or 1)
        made.train()(inputs.float())  # batch norm learns its means
        network = made.double().eval()
        with torch.no_grad():
            outputs = network(inputs)
    expected = torch.softmax(outputs, dim=1) if n_classes else outputs * 0.02 + 250.0
    content = onnx_of_network(known, network, None, 15 + seed % 7)
    np.testing.assert_allclose(asked(content, ROWS), expected.numpy(), rtol=1e-9, atol=1e-9)


def test_weights_that_float32_holds_are_kept_in_half_of_the_bytes() -> None:
    with reproducible(3, 1):
        single = nn.Sequential(nn.Linear(4, 300), nn.ReLU(), nn.Linear(300, 1)).double().eval()
        double = nn.Sequential(nn.Linear(4, 300), nn.ReLU(), nn.Linear(300, 1)).double().eval()
        double.load_state_dict({name: numbers / 3.0 for name, numbers in double.state_dict().items()})
    half, whole = (len(onnx_of_network(record(), own, None, 18)) for own in (single, double))
    assert half < 0.6 * whole


def test_a_feature_that_says_nothing_and_an_absent_one_pass_through_the_graph_as_in_training() -> None:
    known = record()
    spoilt = known.standardisation.model_copy(update={"scales": (0.0, *known.standardisation.scales[1:])})
    known = known.model_copy(update={"standardisation": spoilt})
    with reproducible(1, 1):
        network = nn.Sequential(nn.Linear(4, 1)).double().eval()
    values = ROWS[:3].copy()
    values[1, 0], values[2] = 1e300, np.nan
    with torch.no_grad():
        expected = network(torch.from_numpy(known.standardisation.apply(values))) * 0.02 + 250.0
    found = asked(onnx_of_network(known, network, None, 18), values)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-15)


class Louder(nn.Tanh):
    """Inherits a layer and computes otherwise."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return 2.0 * super().forward(values)


def test_a_layer_that_inherits_a_known_one_is_not_taken_for_it() -> None:
    assert is_known(nn.Sequential(nn.Linear(4, 4), nn.Tanh()))
    assert not is_known(nn.Sequential(nn.Linear(4, 4), Louder()))
    with reproducible(1, 1):
        network = nn.Sequential(nn.Linear(4, 1), Louder()).double().eval()
    with torch.no_grad():
        expected = network(torch.from_numpy(record().standardisation.apply(ROWS))) * 0.02 + 250.0
    np.testing.assert_allclose(asked(onnx_of_network(record(), network, None, 18), ROWS), expected.numpy(), rtol=1e-14)


def test_a_network_too_large_for_a_file_is_refused_before_it_is_written() -> None:
    network = nn.Linear(20_000, 20_000, device="meta")
    with pytest.raises(ExportError, match=r"1,600,080,000 bytes of weights are more than the 536,870,912"):
        onnx_of_network(record(), network, None, 18)


def test_another_network_over_histories_is_refused_by_name() -> None:
    with pytest.raises(ExportError, match=r"The network Linear reads histories, and .*RecurrentNetwork alone"):
        onnx_of_network(record(longest_gap_us=1), nn.Linear(4, 1).double(), 5, 18)
