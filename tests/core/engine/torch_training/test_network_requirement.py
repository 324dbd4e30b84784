"""Without PyTorch or without CUDA a model says what to do."""

import pytest

from core.testing.isolation import ask_fresh_process

WITHOUT = """
for name in request["missing"].split():
    sys.modules[name] = None
from plugins.models.mlp import MLP
from core.base.errors import PluginError
try:
    MLP("mlp", MLP.Params())
except PluginError as error:
    print(json.dumps(str(error)))
"""
WITHOUT_A_GPU = """
import os
os.environ["CUDA_VISIBLE_DEVICES"] = ""
from core.base.errors import TrainingError
from core.engine.torch_training.requirement import check_device
check_device("cpu", "mlp")
try:
    check_device("cuda", "mlp")
except TrainingError as error:
    print(json.dumps(str(error)))
"""


@pytest.mark.parametrize("missing", ["torch", "safetensors"])
def test_a_missing_package_is_named_with_the_extra_to_install(missing):
    said = ask_fresh_process(WITHOUT, {"missing": missing})
    assert said.startswith(f"Model 'mlp' needs PyTorch, and {missing} is not installed: pip install 'qlop[torch]'.")
    assert "docs/torch.md" in said


def test_of_two_missing_packages_both_are_named():
    said = ask_fresh_process(WITHOUT, {"missing": "torch safetensors"})
    assert "needs PyTorch, and torch and safetensors are not installed: pip install 'qlop[torch]'." in said


def test_a_device_that_is_not_there_is_refused_with_the_remedy():
    said = ask_fresh_process(WITHOUT_A_GPU)
    assert "device is 'cuda'" in said
    assert "finds no CUDA device. Use device 'cpu'" in said
