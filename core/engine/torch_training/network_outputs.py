"""What a trained network answers, the same for a row whatever rows are asked with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from core.engine.torch_training.network_rows import network_rows
from core.engine.torch_training.reproducible import reproducible

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.engine.torch_training.histories import Histories

__all__ = ["network_outputs"]


def network_outputs(
    network: torch.nn.Module,
    inputs: NDArray[np.float64],
    histories: Histories | None,
    sequence_bars: int,
    n_outputs: int,
) -> NDArray[np.float64]:
    """Return outputs of shape (n_rows, n_outputs), float64, in the order of the rows given.

    Parameters
    ----------
    network : Module
        float64, on the processor.
    inputs : ndarray of shape (n_rows, n_inputs)
        Standardised.
    histories : Histories or None
        Of the rows, where the network reads histories.
    sequence_bars, n_outputs : int
        Rows of a history at most, and the network's outputs.
    """
    rows = network_rows(inputs, histories, sequence_bars, torch.float64)
    parts = [np.empty((0, n_outputs))]
    network.eval()
    with reproducible(seed=0, thread_count=1), torch.no_grad():
        for start in range(0, len(rows), rows.at_once):
            numbers = torch.arange(start, min(start + rows.at_once, len(rows)))
            parts.append(np.asarray(network(*rows.batch(numbers))))
    return np.concatenate(parts)
