"""From features to predictions, through a trained network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.engine.model_columns import checked_features, probability_column
from core.engine.torch_training.histories import histories_of
from core.engine.torch_training.network_outputs import network_outputs

if TYPE_CHECKING:
    import torch

    from core.engine.torch_training.network_record import NetworkRecord

__all__ = ["network_predictions"]


def network_predictions(
    record: NetworkRecord, network: torch.nn.Module, features: pd.DataFrame, sequence_bars: int | None, model: str
) -> pd.DataFrame:
    """Return predictions as a model gives them.

    Parameters
    ----------
    record : NetworkRecord
        What the network learned from.
    network : Module
        float64, on the processor.
    features : DataFrame of shape (n_rows, n_features)
        The columns trained on, in order.
    sequence_bars : int or None
        Rows of a history, at most; None where the network reads none.
    model : str
        The model's name, for messages.

    Raises
    ------
    DataError
        If columns or index are not those that the model takes, or a value is infinite.
    """
    inputs = record.standardisation.apply(checked_features(features, record.feature_columns, model))
    histories = None
    if sequence_bars is not None and record.longest_gap_us is not None:
        histories = histories_of(features, sequence_bars, record.longest_gap_us)
    outputs = network_outputs(network, inputs, histories, sequence_bars or 1, record.n_outputs)
    if not record.classes:
        values = record.target_mean + record.target_scale * outputs[:, 0]
        return pd.DataFrame({"prediction": values}, index=features.index)
    odds = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    columns = [probability_column(label) for label in record.classes]
    frame = pd.DataFrame(probabilities, index=features.index, columns=columns)
    frame.insert(0, "prediction", np.asarray(record.classes)[probabilities.argmax(axis=1)])
    return frame
