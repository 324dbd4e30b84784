"""From training rows to a trained network and its record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.base.errors import TrainingError
from core.engine.model_answers import rows_of_classes
from core.engine.model_columns import checked_features, classes_of
from core.engine.torch_training.fitting import fit_network
from core.engine.torch_training.histories import histories_of, usual_longest_gap_us
from core.engine.torch_training.importances import shuffled_importances
from core.engine.torch_training.network_record import NetworkRecord
from core.engine.torch_training.network_rows import LabelledRows, network_rows
from core.engine.torch_training.network_size import check_memory
from core.engine.torch_training.reproducible import reproducible
from core.engine.torch_training.rows_alone import check_rows_alone
from core.engine.torch_training.standardisation import Standardisation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.contracts.model import TrainContext, TrainingData
    from core.engine.torch_training.network_model import NetworkModel

__all__ = ["trained_network"]

# Below this many inputs of a step a thread costs more in waiting than it saves.
_INPUTS_PER_THREAD = 50_000


@dataclass(frozen=True, eq=False)
class _Preparation:
    """What the training rows say about all rows."""

    columns: tuple[str, ...]
    classes: tuple[float, ...]
    class_weights: NDArray[np.float64]
    standardisation: Standardisation
    target_mean: float
    target_scale: float
    longest_gap_us: int | None


def trained_network(
    model: NetworkModel, data: TrainingData, validation: TrainingData | None, context: TrainContext
) -> tuple[NetworkRecord, torch.nn.Module]:
    """Return the record and the network, trained, float64 and on the processor.

    Raises
    ------
    TrainingError
        If all rows are of one class, a loss is not finite, there is no memory for the weights, or the network answers
        a row alone otherwise than among others.
    RunCancelled
        If the run was asked to stop.
    """
    known = _prepared(model, data, context)
    n_inputs, n_outputs = known.standardisation.n_inputs, len(known.classes) or 1
    check_memory(model.n_weights(n_inputs, n_outputs), model.name)
    device = model.params.device
    with reproducible(context.seed, _threads(model, known, data, context), device):
        train = _labelled(model, data, known)
        watched = rows_of_classes(validation, known.classes)
        stopping = None if watched is None else _labelled(model, watched, known)
        network = model.build_network(n_inputs, n_outputs).float().to(device)
        fit_network(network, train, stopping, model.params, context)
        judged = train if stopping is None else stopping
        importances = shuffled_importances(network, judged, known.standardisation, context.check_cancelled)
    record = NetworkRecord(
        architecture=model.architecture(),
        feature_columns=known.columns,
        classes=known.classes,
        standardisation=known.standardisation,
        target_mean=known.target_mean,
        target_scale=known.target_scale,
        longest_gap_us=known.longest_gap_us,
        importances=importances,
    )
    network = network.cpu().double().eval()
    check_rows_alone(network, train.rows)
    return record, network


def _prepared(model: NetworkModel, data: TrainingData, context: TrainContext) -> _Preparation:
    classes = classes_of(data.target) if context.task == "classification" else ()
    if len(classes) == 1:
        raise TrainingError(
            f"Model {model.name!r}: all {len(data.target)} training rows are of class {classes[0]:g}; a classifier "
            "needs two. Lengthen splits.train_bars or loosen the label."
        )
    target = data.target.to_numpy(dtype=np.float64)
    columns = tuple(str(column) for column in data.features.columns)
    gap = None
    if model.sequence_bars is not None:
        gap = model.longest_gap_us or usual_longest_gap_us(data.features, data.stretch)
    return _Preparation(
        columns=columns,
        classes=classes,
        class_weights=_class_weights(target, classes, is_balanced=model.params.class_weights == "balanced"),
        standardisation=Standardisation.fit(checked_features(data.features, columns, model.name)),
        target_mean=0.0 if classes else float(target.mean()),
        target_scale=1.0 if classes else float(target.std()) or 1.0,
        longest_gap_us=gap,
    )


def _class_weights(
    target: NDArray[np.float64], classes: tuple[float, ...], *, is_balanced: bool
) -> NDArray[np.float64]:
    if not classes or not is_balanced:
        return np.ones(max(1, len(classes)))
    counts = np.asarray([(target == label).sum() for label in classes], dtype=np.float64)
    weights: NDArray[np.float64] = len(target) / (len(classes) * counts)
    return weights


def _labelled(model: NetworkModel, data: TrainingData, known: _Preparation) -> LabelledRows:
    inputs = known.standardisation.apply(checked_features(data.features, known.columns, model.name))
    histories = None
    if model.sequence_bars is not None and known.longest_gap_us is not None:
        histories = histories_of(data.features, model.sequence_bars, known.longest_gap_us, data.stretch)
    device = model.params.device
    rows = network_rows(inputs, histories, model.sequence_bars or 1, torch.float32, device)
    target = data.target.to_numpy(dtype=np.float64)
    # Copies: pandas lends its own memory for reading alone, which PyTorch does not take.
    weight = np.array(np.ones(len(target)) if data.sample_weight is None else data.sample_weight, dtype=np.float64)
    if known.classes:
        position = np.searchsorted(known.classes, target)
        weight = weight * known.class_weights[position]
        wanted = torch.from_numpy(position.astype(np.int64))
    else:
        wanted = torch.from_numpy((target - known.target_mean) / known.target_scale).float()
    return LabelledRows(rows, wanted.to(device), torch.from_numpy(weight).float().to(device))


def _threads(model: NetworkModel, known: _Preparation, data: TrainingData, context: TrainContext) -> int:
    rows = min(model.params.batch_rows, len(data.target))
    inputs = rows * (model.sequence_bars or 1) * known.standardisation.n_inputs
    return max(1, min(context.thread_count, inputs // _INPUTS_PER_THREAD))
