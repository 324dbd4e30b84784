"""The training loop of every network.

1. Each epoch goes through the rows in an order of its own, in steps of AdamW on the weighted mean loss of a batch.
2. After it the loss of the validation rows is found, and both losses are reported; so is how many epochs are done.
3. Once the validation loss has not fallen for a number of epochs, training stops; the best weights come back.

Between two steps, several times a second, it looks whether the run was asked to stop.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from core.base.errors import TrainingError
from core.engine.torch_training.adam_w import AdamW
from core.engine.torch_training.seldom import Seldom

if TYPE_CHECKING:
    from core.contracts.model import TrainContext
    from core.engine.torch_training.network_params import NetworkParams
    from core.engine.torch_training.network_rows import LabelledRows

__all__ = ["fit_network", "mean_loss"]


def fit_network(
    network: torch.nn.Module,
    train: LabelledRows,
    validation: LabelledRows | None,
    params: NetworkParams,
    context: TrainContext,
) -> None:
    """Fit the network's weights in place.

    Parameters
    ----------
    network : Module
        On the rows' device.
    train : LabelledRows
        The rows to fit on.
    validation : LabelledRows or None
        The rows whose loss stops training.
    params : NetworkParams
        How to train.
    context : TrainContext
        Is told "train_loss" (the mean over the epoch's steps, dropout at work) and "validation_loss" of each epoch, and
        how many epochs are done; asked between the steps whether to go on.

    Raises
    ------
    TrainingError
        If a loss is not finite.
    RunCancelled
        If the run was asked to stop.
    """
    go_on = Seldom(context.check_cancelled)
    optimizer = AdamW(network.parameters(), learning_rate=params.learning_rate, weight_decay=params.weight_decay)
    best_loss, best_epoch, best_weights = math.inf, 0, _weights_of(network)
    for epoch in range(1, params.epochs + 1):
        context.report_progress(epoch - 1, params.epochs, "epochs")
        _report_finite(context, "train_loss", _epoch(network, train, optimizer, params, go_on), epoch, params)
        if validation is None:
            continue
        loss = mean_loss(network, validation, go_on=go_on)
        _report_finite(context, "validation_loss", loss, epoch, params)
        if loss < best_loss:
            best_loss, best_epoch, best_weights = loss, epoch, _weights_of(network)
        elif params.early_stopping_epochs is not None and epoch - best_epoch >= params.early_stopping_epochs:
            break
    context.report_progress(epoch, params.epochs, "epochs")
    if validation is not None and params.early_stopping_epochs is not None:
        network.load_state_dict(best_weights)


def mean_loss(
    network: torch.nn.Module,
    labelled: LabelledRows,
    rows: torch.Tensor | None = None,
    *,
    go_on: Callable[[], None],
) -> float:
    """Return the weighted mean loss, without dropout, of all rows or of the numbered ones.

    `go_on` is called before each block of rows, and may raise.
    """
    network.eval()
    chosen = torch.arange(len(labelled.rows), device=labelled.weight.device) if rows is None else rows
    total = weight = 0.0
    with torch.no_grad():
        for start in range(0, len(chosen), labelled.rows.at_once):
            go_on()
            part = chosen[start : start + labelled.rows.at_once]
            own = labelled.weight[part]
            total += float((_losses(network, labelled, part) * own).sum())
            weight += float(own.sum())
    return total / weight


def _epoch(
    network: torch.nn.Module,
    train: LabelledRows,
    optimizer: AdamW,
    params: NetworkParams,
    go_on: Callable[[], None],
) -> float:
    network.train()
    n_rows = len(train.rows)
    # Drawn on the processor, so that the order is the same on every device.
    order = torch.randperm(n_rows).to(train.weight.device)
    total, weight = torch.zeros(()), torch.zeros(())
    for rows in order.tensor_split(max(1, n_rows // params.batch_rows)):
        go_on()
        own = train.weight[rows]
        weighted = (_losses(network, train, rows) * own).sum()
        optimizer.forget_gradients()
        torch.autograd.backward(weighted / own.sum())
        if params.gradient_norm_limit is not None:
            torch.nn.utils.clip_grad_norm_(network.parameters(), params.gradient_norm_limit)
        optimizer.step()
        total, weight = total + weighted.detach().cpu(), weight + own.sum().cpu()
    return float(total / weight)


def _losses(network: torch.nn.Module, labelled: LabelledRows, rows: torch.Tensor) -> torch.Tensor:
    """Return each row's loss: the negative log-likelihood of its class, or the squared error."""
    outputs, target = network(*labelled.rows.batch(rows)), labelled.target[rows]
    if target.dtype == torch.int64:
        return functional.cross_entropy(outputs, target, reduction="none")
    errors: torch.Tensor = (outputs[:, 0] - target) ** 2
    return errors


def _weights_of(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def _report_finite(context: TrainContext, name: str, loss: float, epoch: int, params: NetworkParams) -> None:
    if not math.isfinite(loss):
        raise TrainingError(
            f"The {name} of epoch {epoch} is {loss}: the network's weights have run away. Lower learning_rate "
            f"({params.learning_rate:g}) or gradient_norm_limit ({params.gradient_norm_limit})."
        )
    context.report_metric(name, loss, epoch)
