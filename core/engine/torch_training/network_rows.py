"""Rows as a network reads them, a batch at a time, so that histories never lie in memory all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.engine.torch_training.histories import Histories

__all__ = ["LabelledRows", "NetworkRows", "network_rows"]

# A network of wide layers holds a few numbers of each width for each of these: bounded memory, whatever is asked.
_BARS_AT_ONCE = 32_768


@dataclass(frozen=True, eq=False)
class NetworkRows:
    """The inputs of all rows.

    Attributes
    ----------
    inputs : Tensor of shape (n_rows, n_inputs)
        In the order given, or in the order of the histories.
    first, last : Tensor of shape (n_rows,), or None
        Where each row's history begins and ends in `inputs`; None where none is read.
    sequence_bars : int
        Rows of a history, at most.
    """

    inputs: torch.Tensor
    first: torch.Tensor | None = None
    last: torch.Tensor | None = None
    sequence_bars: int = 1

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def at_once(self) -> int:
        """How many rows are asked for together where no gradient is needed."""
        return max(1, _BARS_AT_ONCE // self.sequence_bars)

    def batch(self, rows: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return what a network is called with for some rows.

        Returns
        -------
        tuple of Tensor
            The inputs, shape (n, n_inputs); or histories, shape (n, sequence_bars, n_inputs), each beginning at 0, and
            their lengths, shape (n,). What lies past a length repeats the row and is not to be read.
        """
        if self.first is None or self.last is None:
            return (self.inputs[rows],)
        first, last = self.first[rows], self.last[rows]
        steps = first[:, None] + torch.arange(self.sequence_bars, device=first.device)
        return self.inputs[torch.minimum(steps, last[:, None])], last - first + 1


@dataclass(frozen=True, eq=False)
class LabelledRows:
    """Rows with what they are to give.

    Attributes
    ----------
    rows : NetworkRows
        Their inputs.
    target : Tensor of shape (n_rows,)
        The class's position, int64, or the standardised value.
    weight : Tensor of shape (n_rows,)
        How much each counts.
    """

    rows: NetworkRows
    target: torch.Tensor
    weight: torch.Tensor


def network_rows(
    inputs: NDArray[np.float64],
    histories: Histories | None,
    sequence_bars: int,
    dtype: torch.dtype,
    device: str = "cpu",
) -> NetworkRows:
    """Return rows on a device; `histories` is None for a network that reads a row by itself."""
    if histories is None:
        return NetworkRows(torch.from_numpy(inputs).to(device, dtype))
    return NetworkRows(
        torch.from_numpy(inputs[histories.order]).to(device, dtype),
        torch.from_numpy(histories.first).to(device),
        torch.from_numpy(histories.last).to(device),
        sequence_bars,
    )
