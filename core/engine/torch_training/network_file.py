"""A network's weights in a safetensors file, which holds numbers and no code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.base.errors import DataError
from core.engine.pickled_file import has_pickles_name, pickled_content

if TYPE_CHECKING:
    import torch

__all__ = ["WEIGHTS_FILE", "read_weights", "write_weights"]

WEIGHTS_FILE = "network.safetensors"
_REFUSED = "such files run code when they are read, and are not loaded; save the weights by safetensors.torch.save_file"


def write_weights(network: torch.nn.Module, folder: Path) -> None:
    """Write all weights and buffers, numbers with a point as float32; equal weights give equal bytes."""
    from safetensors.torch import save

    tensors = {
        name: (tensor.float() if tensor.is_floating_point() else tensor).clone().contiguous()
        for name, tensor in network.state_dict().items()
    }
    (folder / WEIGHTS_FILE).write_bytes(save(tensors))


def read_weights(network: torch.nn.Module, folder: Path) -> None:
    """Give a network, on the processor, the weights that `write_weights` wrote.

    Raises
    ------
    DataError
        If the file is missing, damaged, a pickle, holds numbers that are not finite, or weights of another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    path = folder / WEIGHTS_FILE
    _refuse_pickles(folder)
    try:
        content = path.read_bytes()
        if pickled_content(content):
            raise DataError(f"{path} is a pickle or an archive of torch.save: {_REFUSED}.")
        weights = load(content)
        network.load_state_dict(weights)
    except (OSError, SafetensorError, RuntimeError, ValueError, KeyError) as error:
        raise DataError(f"{path} does not hold this network's weights: {error!s:.300}") from error
    spoilt = [name for name, tensor in weights.items() if not tensor.isfinite().all()]
    if spoilt:
        raise DataError(f"{path}: {spoilt[0]!r} holds a number that is not finite.")


def _refuse_pickles(folder: Path) -> None:
    found = sorted(path.name for path in folder.iterdir() if _may_be_pickled(path))
    if found:
        raise DataError(f"{folder} holds {found[0]!r}: {_REFUSED}.")


def _may_be_pickled(path: Path) -> bool:
    # What torch.save writes is often called .bin, which other libraries call files of numbers.
    return has_pickles_name(path) or path.suffix.lower() == ".bin"
