"""Networks that no memory holds are refused before a weight of them is made."""

import json

import pytest

from core.base.errors import ConfigError, DataError, TrainingError
from core.contracts.model import TrainContext
from core.engine.torch_training.network_size import check_machine_holds, check_memory
from core.testing.training_rows import make_training_data
from plugins.models.custom_network import CustomNetwork
from plugins.models.lstm import LSTM
from plugins.models.mlp import MLP

HUGE = (65_536,) * 60


@pytest.mark.parametrize(
    "model",
    [
        MLP("mlp", MLP.Params(hidden_widths=HUGE)),
        CustomNetwork(
            "custom_network",
            CustomNetwork.Params.model_validate(
                {"network": {"kind": "layers", "layers": [{"kind": "linear", "width": width} for width in HUGE]}}
            ),
        ),
    ],
)
def test_a_network_that_no_machine_holds_is_refused_with_its_size(model):
    with pytest.raises(
        TrainingError, match=r"would have 25\d,\d{3},\d{3},\d{3} weights, .* takes [\d,.]+ GB of memory"
    ):
        model.train(make_training_data("classification"), None, TrainContext("classification"))
    assert model.network is None


@pytest.mark.parametrize(
    "model",
    [MLP("mlp", MLP.Params()), LSTM("lstm", LSTM.Params(n_layers=2)), CustomNetwork("c", CustomNetwork.Params())],
)
def test_the_weights_counted_beforehand_are_those_of_the_network(model):
    made = sum(weight.numel() for weight in model.build_network(5, 2).parameters())
    assert model.n_weights(5, 2) == made


ALL_KINDS = [
    {"kind": "linear", "width": 7},
    {"kind": "batch_norm"},
    {"kind": "gelu"},
    {"kind": "residual", "layers": [{"kind": "linear", "width": 5}, {"kind": "layer_norm"}]},
    {"kind": "residual", "layers": [{"kind": "tanh"}]},
    {"kind": "dropout"},
]


@pytest.mark.parametrize(
    "model",
    [
        MLP("mlp", MLP.Params(hidden_widths=(9, 4), normalisation="layer_norm")),
        LSTM("lstm", LSTM.Params(hidden_width=6, n_layers=3)),
        CustomNetwork(
            "custom_network",
            CustomNetwork.Params.model_validate({"network": {"kind": "layers", "layers": ALL_KINDS}}),
        ),
    ],
    ids=lambda model: model.name,
)
def test_the_fewest_weights_are_those_of_the_network_with_one_input_and_one_output(model):
    assert model.fewest_weights() == sum(weight.numel() for weight in model.build_network(1, 1).parameters())


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (MLP("mlp", MLP.Params(hidden_widths=HUGE)), "hidden_widths"),
        (
            CustomNetwork(
                "custom_network",
                CustomNetwork.Params.model_validate(
                    {"network": {"kind": "layers", "layers": [{"kind": "linear", "width": width} for width in HUGE]}}
                ),
            ),
            "network.layers",
        ),
    ],
    ids=["mlp", "custom_network"],
)
def test_a_network_that_this_machine_never_holds_is_refused_at_its_field_before_a_run(model, field):
    message = rf"^{field}: .* would have 25\d,[\d,]+ weights or more, .* and this machine has [\d,.]+ GB"
    with pytest.raises(ConfigError, match=message):
        model.check()


def test_the_memory_of_the_machine_decides_and_not_what_is_free():
    check_machine_holds(10_000_000, "mlp", machine_bytes=280_000_000)
    with pytest.raises(TrainingError, match=r"takes 0\.3 GB of memory, and this machine has 0\.2 GB\. Make its layers"):
        check_machine_holds(10_000_000, "mlp", machine_bytes=200_000_000)
    check_machine_holds(2_000_000, "mlp", machine_bytes=0)


def test_what_is_free_decides():
    check_memory(10_000_000, "mlp", available_bytes=280_000_000)
    with pytest.raises(
        TrainingError, match=r"takes 0\.3 GB of memory, and 0\.2 GB are free\. Make its layers narrower"
    ):
        check_memory(10_000_000, "mlp", available_bytes=200_000_000)


def test_a_small_network_is_made_however_little_is_free():
    check_memory(1_000_000, "mlp", available_bytes=0)


def test_a_file_that_cannot_hold_its_network_is_refused_before_the_network_is_made(tmp_path):
    small = MLP("mlp", MLP.Params(hidden_widths=(4,), epochs=1))
    small.train(make_training_data("classification"), None, TrainContext("classification"))
    small.save_model(tmp_path)
    record = json.loads((tmp_path / "network.json").read_text())
    record["architecture"]["hidden_widths"] = list(HUGE)
    (tmp_path / "network.json").write_text(json.dumps(record))
    with pytest.raises(DataError, match=r"does not hold this network's weights: it has 25.* more than fit the file"):
        MLP("mlp", MLP.Params(hidden_widths=HUGE)).load_model(tmp_path)
