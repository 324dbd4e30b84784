"""Several models' answers as one: averaged, or read by a model that learned from them.

1. A member's answer is its values, or its probabilities of all classes, scaled to sum 1.
2. The average is the members' weighted mean.
3. A final model reads values, or log-odds: of the higher of two classes, or of each of more. A probability is kept
   off 0 and 1 before its log-odds are taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.contracts.model import HistoryReading
from core.engine.model_answers import answer_frame
from core.engine.model_columns import probability_column

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.contracts.model import JoinedModels, ModelPlugin

__all__ = [
    "LEAST_PROBABILITY",
    "class_shares",
    "final_column_names",
    "final_features",
    "joined_answer",
    "joined_history_reading",
    "member_versions",
]

LEAST_PROBABILITY = 1e-6
"""What a final model sees is the log-odds of a probability between this and 1 less this."""


def class_shares(answer: pd.DataFrame, classes: Sequence[float]) -> NDArray[np.float64]:
    """Return the values of a regression, or a column of probabilities for each class that sum to 1.

    Parameters
    ----------
    answer : DataFrame
        Of `ModelPlugin.predict`; a class that it does not have counts as impossible.
    classes : sequence of float
        Ascending; empty for a regression.
    """
    if not classes:
        return answer["prediction"].to_numpy(dtype=np.float64)
    columns = [probability_column(label) for label in classes]
    shares = answer.reindex(columns=columns, fill_value=0.0).to_numpy(dtype=np.float64)
    scaled: NDArray[np.float64] = shares / shares.sum(axis=1, keepdims=True)
    return scaled


def final_column_names(names: Sequence[str], classes: Sequence[float]) -> list[str]:
    """Return what a final model calls its features: all of the first member, then all of the next."""
    if not classes:
        return list(names)
    return [f"{name}.{label:g}" for name in names for label in _told(classes)]


def final_features(
    names: Sequence[str], answers: Sequence[pd.DataFrame], classes: Sequence[float], index: pd.Index
) -> pd.DataFrame:
    """Return what a final model sees of the members' answers.

    Parameters
    ----------
    names : sequence of str
        Of the members.
    answers : sequence of DataFrame
        What each member's `predict` gave for the rows.
    classes : sequence of float
        Ascending; empty for a regression.
    index : Index
        Of the rows.
    """
    import pandas as pd

    columns: list[NDArray[np.float64]] = []
    for answer in answers:
        values = class_shares(answer, classes)
        if not classes:
            columns.append(values)
            continue
        shares = values.clip(LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY)
        odds = np.log(shares) - np.log1p(-shares)
        columns += list(odds[:, len(classes) - len(_told(classes)) :].T)
    return pd.DataFrame(np.column_stack(columns), index=index, columns=final_column_names(names, classes))


def joined_answer(joined: JoinedModels, features: pd.DataFrame, classes: Sequence[float]) -> pd.DataFrame:
    """Return what the models together predict, in the form of `ModelPlugin.predict`."""
    answers = [member.predict(features) for member in joined.members]
    if joined.final is not None:
        answer = joined.final.predict(final_features(joined.names, answers, classes, features.index))
        return answer_frame(class_shares(answer, classes), classes, features.index)
    said = np.stack([class_shares(answer, classes) for answer in answers])
    return answer_frame(np.tensordot(np.asarray(joined.weights), said, axes=1), classes, features.index)


def joined_history_reading(joined: JoinedModels) -> HistoryReading | None:
    """Return how models together read earlier rows: the longest history, and the shortest time that is a hole.

    A final model that reads earlier rows reads answers, and each of these the rows before its own.
    """
    of_members = [reading for member in joined.members if (reading := member.history_reading()) is not None]
    of_final = None if joined.final is None else joined.final.history_reading()
    found = [*of_members, *([of_final] if of_final is not None else [])]
    if not found:
        return None
    longest = max((reading.sequence_bars for reading in of_members), default=1)
    answers = 1 if of_final is None else of_final.sequence_bars
    return HistoryReading(longest + answers - 1, min(reading.longest_gap_us for reading in found))


def member_versions(model: ModelPlugin) -> dict[str, str]:
    """Return the plugin versions of all models that a model is made of, by name, those within members too."""
    return {name: f"{type(part).name} {part.version}" for name, part in _parts(model)}


def _parts(model: ModelPlugin) -> Iterator[tuple[str, ModelPlugin]]:
    joined = model.joined_models()
    if joined is None:
        return
    named = list(zip(joined.names, joined.members, strict=True))
    for name, part in [*named, *([("final", joined.final)] if joined.final is not None else [])]:
        yield name, part
        yield from ((f"{name}/{inner}", found) for inner, found in _parts(part))


def _told(classes: Sequence[float]) -> Sequence[float]:
    """Return the classes whose probabilities say all."""
    return classes[1:] if len(classes) == 2 else classes
