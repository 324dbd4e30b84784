"""How much memory a network takes, known from its shape before any of its weights is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.base.errors import DataError, TrainingError
from core.base.machine import machine_memory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import torch

__all__ = ["check_file_holds", "check_machine_holds", "check_memory", "n_weights"]

# Weight, gradient, the best weights and AdamW's two means in float32; then the copy in float64 that predicts.
_BYTES_IN_TRAINING = 28
_BYTES_IN_A_FILE = 4
# Networks below this are made without asking; a file's header and counters are not its weights.
_MODEST_BYTES = 64 << 20


def n_weights(build: Callable[[], torch.nn.Module]) -> int:
    """Return how many weights the network that `build` makes has; none of them is made."""
    import torch

    with torch.device("meta"):
        return sum(weight.numel() for weight in build().parameters())


def check_memory(weights: int, model: str, available_bytes: int | None = None) -> None:
    """Refuse to train more weights than there is memory for.

    Parameters
    ----------
    weights : int
        How many.
    model : str
        The model's name, for messages.
    available_bytes : int, optional
        By default what the machine has free now.

    Raises
    ------
    TrainingError
        If it needs more.
    """
    free = machine_memory().free_bytes if available_bytes is None else available_bytes
    _refuse_more(weights, free, f"Model {model!r} would have {weights:,} weights", f"{_gigabytes(free)} are free")


def check_machine_holds(weights: int, model: str, machine_bytes: int | None = None) -> None:
    """Refuse weights whose training takes more than all memory of the machine, whatever is free when it begins.

    Parameters
    ----------
    weights : int
        As many as the network has at least.
    model : str
        The model's name, for messages.
    machine_bytes : int, optional
        By default what the machine has.

    Raises
    ------
    TrainingError
        If it needs more.
    """
    held = machine_memory().total_bytes if machine_bytes is None else machine_bytes
    network = f"Model {model!r} would have {weights:,} weights or more"
    _refuse_more(weights, held, network, f"this machine has {_gigabytes(held)}")


def _refuse_more(weights: int, held_bytes: int, network: str, there_is: str) -> None:
    needed = weights * _BYTES_IN_TRAINING
    if needed > max(held_bytes, _MODEST_BYTES):
        raise TrainingError(
            f"{network}, whose training takes {_gigabytes(needed)} of memory, and {there_is}. Make its layers narrower "
            "or fewer."
        )


def _gigabytes(number: int) -> str:
    return f"{number / 1e9:,.1f} GB"


def check_file_holds(weights: int, path: Path) -> None:
    """Refuse to make a network of more weights than its file can hold; a file that is not there holds any.

    Raises
    ------
    DataError
        If it has more.
    """
    held = max(path.stat().st_size, _MODEST_BYTES) if path.is_file() else weights * _BYTES_IN_A_FILE
    if weights * _BYTES_IN_A_FILE > held:
        raise DataError(f"{path} does not hold this network's weights: it has {weights:,}, more than fit the file.")
