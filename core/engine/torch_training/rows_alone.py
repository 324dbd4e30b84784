"""Whether a network answers a row alone as it does among others: else later bars would change earlier predictions.

1. The same rows are asked for twice: whoever draws random numbers answers them otherwise.
2. A few of them are asked for alone. A mean, a normalisation or an attention over the rows of a batch shows.
3. What differs by no more than digits of single precision is no difference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from core.base.errors import TrainingError
from core.engine.torch_training.reproducible import reproducible

if TYPE_CHECKING:
    from core.engine.torch_training.network_rows import NetworkRows

__all__ = ["NETWORK_FAULTS", "check_rows_alone", "rows_alone_complaint", "rows_of_a_trial"]

# SystemExit: a module that leaves would end the run without a word.
NETWORK_FAULTS = (ArithmeticError, AttributeError, LookupError, RuntimeError, SystemExit, TypeError, ValueError)

_TOGETHER, _ALONE = 64, 4
_ALLOWED = 1e-5
_WHY = "a row's prediction would depend on the rows asked with it, and later bars would change earlier predictions"
_NEXT = (
    "Let forward compute each row from that row, in eval mode at least: no mean, normalisation or attention over the "
    "rows, and no random numbers (torch.nn's dropout and batch norm keep to that by themselves)."
)


def check_rows_alone(network: torch.nn.Module, rows: NetworkRows) -> None:
    """Refuse a trained network, float64 and on the processor, whose answer to a row depends on the rows beside it.

    Parameters
    ----------
    network : Module
        As it predicts.
    rows : NetworkRows
        Real ones; some of them are asked for.

    Raises
    ------
    TrainingError
        If it does, or fails on them.
    """
    numbers = torch.linspace(0, len(rows) - 1, min(len(rows), _TOGETHER), dtype=torch.float64).round().long()

    def batch(places: torch.Tensor) -> tuple[torch.Tensor, ...]:
        # The rows may lie on another device, where the network learned.
        given = rows.batch(numbers[places].to(rows.inputs.device))
        return tuple(part.cpu().double() if part.is_floating_point() else part.cpu() for part in given)

    try:
        complaint = rows_alone_complaint(network, batch, len(numbers))
    except NETWORK_FAULTS as error:
        raise TrainingError(
            f"{_named(network)} has learned, and fails on {len(numbers)} of its training rows in float64: "
            f"{type(error).__name__}: {error!s:.300}"
        ) from error
    if complaint:
        raise TrainingError(complaint)


def rows_of_a_trial(n_rows: int, n_inputs: int, dtype: torch.dtype) -> torch.Tensor:
    """Return rows of ordinary values, always the same; no random state is touched."""
    return torch.randn((n_rows, n_inputs), generator=torch.Generator().manual_seed(7), dtype=torch.float64).to(dtype)


def rows_alone_complaint(
    network: torch.nn.Module, batch: Callable[[torch.Tensor], tuple[torch.Tensor, ...]], n_rows: int
) -> str:
    """Return why a network's answer to a row depends on the rows asked with it; empty where it does not.

    Parameters
    ----------
    network : Module
        It is put into eval mode.
    batch : callable
        From places among the rows, int64 of shape (n,), to what the network is called with.
    n_rows : int
        How many rows there are.
    """
    name = _named(network)
    network.eval()
    places = torch.arange(n_rows)
    with reproducible(seed=0, thread_count=1), torch.no_grad():
        together = network(*batch(places))
        apart = _apart(network(*batch(places)), together)
        if apart:
            return f"{name} answers {n_rows} rows otherwise when it is asked again ({apart}): {_WHY}. {_NEXT}"
        for place in sorted({0, *(n_rows * part // _ALONE - 1 for part in range(1, _ALONE + 1))} - {-1}):
            try:
                alone = network(*batch(places[place : place + 1]))
            except NETWORK_FAULTS as error:
                said = f"{type(error).__name__}: {error!s:.300}"
                return f"{name} answers {n_rows} rows together, and one of them alone not ({said}). {_NEXT}"
            apart = _apart(alone, together[place : place + 1], together)
            if apart:
                return f"{name} answers a row alone otherwise than among {n_rows} rows ({apart}): {_WHY}. {_NEXT}"
    return ""


def _named(network: torch.nn.Module) -> str:
    return f"{type(network).__module__}:{type(network).__qualname__}"


def _apart(found: torch.Tensor, expected: torch.Tensor, scale: torch.Tensor | None = None) -> str:
    """Return how far two answers lie apart, in words; empty where it is no more than digits."""
    if found.shape != expected.shape:
        return f"{tuple(found.shape)} numbers instead of {tuple(expected.shape)}"
    known = (expected if scale is None else scale).abs()
    largest = float(known[known.isfinite()].max()) if bool(known.isfinite().any()) else 0.0
    if torch.allclose(found, expected, rtol=0.0, atol=_ALLOWED * largest, equal_nan=True):
        return ""
    far = (found - expected).abs()
    measured = f"{float(far.max()):.3g} apart" if bool(far.isfinite().all()) else "one has no number"
    return f"{measured}, and the largest answer is {largest:.3g}"
