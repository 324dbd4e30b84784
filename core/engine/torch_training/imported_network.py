"""A network of somebody's own, named by its import path.

1. The module is imported, from what is installed or on Python's path; a model's file brings no code along.
2. The class must be a torch.nn.Module; it is made with n_inputs, n_outputs and the config's arguments.
3. It is asked for two rows, in the precision of training and in that of predicting, before any time is spent on it.
4. It must answer a row alone as among others, as far as new weights show that; once trained it is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

import torch

from core.base.errors import TrainingError
from core.engine.torch_training.rows_alone import NETWORK_FAULTS, rows_alone_complaint, rows_of_a_trial

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["imported_class", "imported_network", "trial_complaint"]

_TRIAL_ROWS, _TRIAL_INPUTS, _TRIAL_OUTPUTS = 6, 8, 2
_MOST_TRIED_WEIGHTS = 10_000_000


def imported_network(
    import_path: str, arguments: Mapping[str, JsonValue], n_inputs: int, n_outputs: int
) -> torch.nn.Module:
    """Return a new network of the class that `import_path`, "package.module:Class", names.

    Raises
    ------
    TrainingError
        If the class cannot be imported, is no torch.nn.Module, cannot be made so, has nothing to train, does not
        answer rows of shape (n_rows, n_inputs) with (n_rows, n_outputs) in the precision that it is given, or answers
        a row alone otherwise than among others.
    """
    network_class = imported_class(import_path)
    try:
        network = network_class(n_inputs=n_inputs, n_outputs=n_outputs, **arguments)
    except NETWORK_FAULTS as error:
        raise TrainingError(
            f"{import_path} cannot be made with n_inputs={n_inputs}, n_outputs={n_outputs} and the arguments "
            f"{dict(arguments)!r:.200}: {type(error).__name__}: {error!s:.300}"
        ) from error
    for dtype in (torch.float64, torch.float32):
        _check_answer(network.to(dtype), torch.zeros((2, n_inputs), dtype=dtype), n_outputs, import_path)
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise TrainingError(
            f"{import_path} has no parameter that training could change: it must register at least one "
            "torch.nn.Parameter with requires_grad, by itself or in a layer."
        )
    complaint = _complaint(network.double(), n_inputs)
    if complaint:
        raise TrainingError(complaint)
    return network.float()


def imported_class(import_path: str) -> type[torch.nn.Module]:
    """Return the class that `import_path` names.

    Raises
    ------
    TrainingError
        If it cannot be imported, or is no torch.nn.Module.
    """
    module_name, _, class_name = import_path.partition(":")
    try:
        found = getattr(import_module(module_name), class_name)
    except (ImportError, SyntaxError, *NETWORK_FAULTS) as error:
        raise TrainingError(
            f"The network {import_path!r} cannot be imported: {type(error).__name__}: {error!s:.300}. Install its "
            "package into QLOP's environment, or put the folder that holds it on PYTHONPATH."
        ) from error
    if not (isinstance(found, type) and issubclass(found, torch.nn.Module)):
        raise TrainingError(f"{import_path} is {found!r:.100}; it must be a class that inherits torch.nn.Module.")
    return found


def trial_complaint(network_class: type[torch.nn.Module], arguments: Mapping[str, JsonValue]) -> str:
    """Return why a class's answer to a row depends on the rows beside it, as far as a small network of it shows that.

    How many inputs and outputs there will be is not known before a run, and a class may refuse those tried here; such a
    one, and a very large one, is left to training.
    """
    made = {"n_inputs": _TRIAL_INPUTS, "n_outputs": _TRIAL_OUTPUTS, **arguments}
    try:
        with torch.device("meta"):
            if sum(weight.numel() for weight in network_class(**made).parameters()) > _MOST_TRIED_WEIGHTS:
                return ""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            network = network_class(**made).double()
    except NETWORK_FAULTS:
        return ""
    return _complaint(network, _TRIAL_INPUTS)


def _complaint(network: torch.nn.Module, n_inputs: int) -> str:
    rows = rows_of_a_trial(_TRIAL_ROWS, n_inputs, torch.float64)
    try:
        return rows_alone_complaint(network, lambda places: (rows[places],), len(rows))
    except NETWORK_FAULTS:
        # Such values may be none that it is ever to see: what it does with real ones shows in training.
        return ""


def _check_answer(network: torch.nn.Module, rows: torch.Tensor, n_outputs: int, import_path: str) -> None:
    expected = (len(rows), n_outputs)
    network.eval()
    try:
        with torch.no_grad():
            answer = network(rows)
    except NETWORK_FAULTS as error:
        raise TrainingError(
            f"{import_path} fails on {rows.dtype} rows of shape {tuple(rows.shape)}: {type(error).__name__}: "
            f"{error!s:.300}. Tensors that it makes must have its input's dtype (inputs.new_zeros)."
        ) from error
    found = tuple(answer.shape) if isinstance(answer, torch.Tensor) else type(answer).__name__
    if found != expected or answer.dtype != rows.dtype:
        raise TrainingError(
            f"{import_path} answers {rows.dtype} rows of shape {tuple(rows.shape)} with {found} of "
            f"{getattr(answer, 'dtype', 'no dtype')}; it must be {expected} of {rows.dtype}."
        )
