"""How an ensemble's models learn: members from all rows, the final model from what members say of unseen rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import qlop

from plugins.models._ensemble_progress import ModelsInTurn

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Stacking", "trained_final", "trained_members"]

# Of the bars that teach a member for one block: what stops its training early.
STOPPING_SHARE = 0.15


@dataclass(frozen=True)
class Stacking:
    """What the training of a final model starts from.

    Attributes
    ----------
    model : str
        The ensemble's name, for messages.
    names : sequence of str
        Of the members.
    classes : sequence of float
        Of the target; empty for a regression.
    n_blocks : int
        Blocks of bars that are predicted out of fold.
    new_members, new_final : callable
        Make untrained models.
    """

    model: str
    names: Sequence[str]
    classes: Sequence[float]
    n_blocks: int
    new_members: Callable[[], Sequence[qlop.ModelPlugin]]
    new_final: Callable[[], qlop.ModelPlugin]

    @property
    def n_models(self) -> int:
        """How many models learn for the final one, itself included: members of their own for each block."""
        return self.n_blocks * len(self.names) + 1


def trained_members(
    named: Sequence[tuple[str, qlop.ModelPlugin]],
    data: qlop.TrainingData,
    validation: qlop.TrainingData | None,
    context: qlop.TrainContext,
    progress: ModelsInTurn,
) -> tuple[qlop.ModelPlugin, ...]:
    """Train each member on all rows, and return them; their metrics bear their names."""
    for place, (name, member) in enumerate(named):
        _train(member, data, validation, _own_context(context, name, place, progress))
        progress.done()
    return tuple(member for _, member in named)


def trained_final(
    stacking: Stacking, data: qlop.TrainingData, context: qlop.TrainContext, progress: ModelsInTurn
) -> qlop.ModelPlugin:
    """Train the final model on what members say of the blocks after those that they learned from.

    Raises
    ------
    TrainingError
        If no block has rows of every class before it.
    """
    import numpy as np
    import pandas as pd
    from qlop.engine import chosen_rows

    inputs, predicted = [], np.zeros(len(data.target), dtype=bool)
    for found, block in _predicted_blocks(stacking, data, context, progress):
        inputs.append(found)
        predicted |= block
    if not inputs:
        raise qlop.TrainingError(
            f"Model {stacking.model!r}: none of the {stacking.n_blocks} blocks has rows of every class before it. "
            "Lengthen splits.train_bars, or set method to 'average'."
        )
    final = stacking.new_final()
    rows = replace(chosen_rows(data, predicted), features=pd.concat(inputs))
    _train(final, rows, None, _own_context(context, "final", len(stacking.names), progress))
    progress.done()
    return final


def _predicted_blocks(
    stacking: Stacking, data: qlop.TrainingData, context: qlop.TrainContext, progress: ModelsInTurn
) -> Iterator[tuple[pd.DataFrame, NDArray[np.bool_]]]:
    """Yield what members that could not know a block say of it, and which rows it holds."""
    from qlop.engine import answer_by_stretch, chosen_rows, classes_of, final_features, time_blocks

    for teaches, block in time_blocks(data, stacking.n_blocks):
        rows = chosen_rows(data, teaches)
        if stacking.classes and classes_of(rows.target) != tuple(stacking.classes):
            progress.done(len(stacking.names))
            continue
        members = stacking.new_members()
        for place, member in enumerate(members):
            _train_for_a_block(member, rows, stacking, _own_context(context, "", place, progress))
            progress.done()
        # Of no row that taught the members: a history begins in the block, as in a fold's test block.
        asked = chosen_rows(data, block)
        answers = [answer_by_stretch(member, asked.features, asked.stretch) for member in members]
        yield final_features(stacking.names, answers, stacking.classes, asked.features.index), block


def _train_for_a_block(
    member: qlop.ModelPlugin, rows: qlop.TrainingData, stacking: Stacking, context: qlop.TrainContext
) -> None:
    stops = "early_stopping" in member.capabilities
    cut = _stopping_rows(rows, is_classified=bool(stacking.classes)) if stops else None
    teaching, watched = cut or (rows, None)
    _train(member, teaching, watched, context)


def _train(
    model: qlop.ModelPlugin,
    data: qlop.TrainingData,
    validation: qlop.TrainingData | None,
    context: qlop.TrainContext,
) -> None:
    context.check_cancelled()
    watched = validation if "early_stopping" in model.capabilities else None
    model.train(data, watched, context)


def _own_context(context: qlop.TrainContext, name: str, place: int, progress: ModelsInTurn) -> qlop.TrainContext:
    """Return a member's context: a seed of its own, and its metrics under its name; they are not told without one."""

    def report_metric(metric: str, value: float, step: int) -> None:
        if name:
            context.report_metric(f"{name}.{metric}", value, step)

    seed = (context.seed + place) % 2**32
    return replace(context, seed=seed, report_metric=report_metric, report_progress=progress.of_this)


def _stopping_rows(
    rows: qlop.TrainingData, *, is_classified: bool
) -> tuple[qlop.TrainingData, qlop.TrainingData] | None:
    """Return the rows cut in two in time, nothing of the first reaching into the second; None where a class is lost."""
    import numpy as np
    from qlop.engine import chosen_rows, classes_of, rows_known_before

    moments = rows.features.index.get_level_values(0)
    bars = moments.unique().sort_values()
    start = bars[int(len(bars) * (1.0 - STOPPING_SHARE))]
    teaches = rows_known_before(rows, start)
    if not teaches.any() or (is_classified and classes_of(rows.target[teaches]) != classes_of(rows.target)):
        return None
    return chosen_rows(rows, teaches), chosen_rows(rows, np.asarray(moments >= start))
