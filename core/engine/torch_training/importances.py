"""How much a network's loss rises when a feature is shuffled among the rows (Breiman 2001, Random Forests)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.engine.torch_training.fitting import mean_loss
from core.engine.torch_training.network_rows import LabelledRows
from core.engine.torch_training.seldom import Seldom

if TYPE_CHECKING:
    from core.engine.torch_training.standardisation import Standardisation

__all__ = ["shuffled_importances"]

_MOST_ROWS = 2_000


def shuffled_importances(
    network: torch.nn.Module,
    labelled: LabelledRows,
    standardisation: Standardisation,
    check_cancelled: Callable[[], None],
) -> tuple[float, ...]:
    """Return the rise of the loss by feature, 0 where it falls; a feature takes its missing-value input with it.

    Parameters
    ----------
    network : Module
        Trained.
    labelled : LabelledRows
        At most 2,000 of them, evenly spread, are judged.
    standardisation : Standardisation
        Says which input belongs to which feature.
    check_cancelled : callable
        Asked now and then whether to go on; may raise.
    """
    go_on = Seldom(check_cancelled)
    n_rows, n_features = len(labelled.rows), len(standardisation.medians)
    device = labelled.weight.device
    spread = np.linspace(0, n_rows - 1, min(n_rows, _MOST_ROWS)).round().astype(np.int64)
    judged = torch.from_numpy(spread).to(device)
    before = mean_loss(network, labelled, judged, go_on=go_on)
    order = torch.randperm(n_rows).to(device)
    inputs, rises = labelled.rows.inputs, []
    for feature in range(n_features):
        own = [feature]
        if feature in standardisation.indicated:
            own.append(n_features + standardisation.indicated.index(feature))
        kept = inputs[:, own].clone()
        inputs[:, own] = kept[order]
        rises.append(max(0.0, mean_loss(network, labelled, judged, go_on=go_on) - before))
        inputs[:, own] = kept
    return tuple(rises)
