"""Models that are joined: whose versions are told, and what a final model is shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.contracts.model import HistoryReading, JoinedModels
from core.engine.joined_models import (
    class_shares,
    final_column_names,
    final_features,
    joined_history_reading,
    member_versions,
)
from plugins.models.linear import Linear

INDEX = pd.RangeIndex(2)


class Made(Linear):
    """A model that is made of others."""

    name = "made"
    parts: JoinedModels

    def joined_models(self) -> JoinedModels:
        return self.parts


def test_the_versions_of_models_within_members_are_told_too() -> None:
    single = Linear("linear", Linear.Params())
    inner, outer = (Made("made", Made.Params()) for _ in range(2))
    inner.parts = JoinedModels(("linear",), (single,), (1.0,), single)
    outer.parts = JoinedModels(("linear", "made"), (single, inner), (0.5, 0.5))
    assert member_versions(outer) == {
        "linear": "linear 1.0.0",
        "made": "made 1.0.0",
        "made/linear": "linear 1.0.0",
        "made/final": "linear 1.0.0",
    }
    assert member_versions(single) == {}


class Reading(Linear):
    """A model that reads as many rows as its name says, across no longer time than that in microseconds."""

    def history_reading(self) -> HistoryReading:
        return HistoryReading(int(self.name), 10 * int(self.name))


def test_a_final_model_that_reads_histories_of_answers_reads_the_members_histories_before_them() -> None:
    row, three, five, four = Linear("linear", Linear.Params()), *(Reading(name, Reading.Params()) for name in "354")
    members = (("a", "b", "c"), (row, three, five), (0.4, 0.3, 0.3))
    assert joined_history_reading(JoinedModels(*members)) == HistoryReading(5, 30)
    assert joined_history_reading(JoinedModels(*members, row)) == HistoryReading(5, 30)
    assert joined_history_reading(JoinedModels(*members, four)) == HistoryReading(8, 30)
    assert joined_history_reading(JoinedModels(("a",), (row,), (1.0,), four)) == HistoryReading(4, 40)
    assert joined_history_reading(JoinedModels(("a",), (row,), (1.0,), row)) is None


def test_of_two_classes_a_final_model_sees_the_log_odds_of_the_higher_one_kept_off_its_ends() -> None:
    answers = [pd.DataFrame({"prediction": [1.0, 1.0], "probability_0": [0.2, 0.0], "probability_1": [0.8, 1.0]})]
    seen = final_features(["x"], answers, (0.0, 1.0), INDEX)
    assert list(seen.columns) == ["x.1"]
    assert seen["x.1"].tolist() == pytest.approx([np.log(4.0), np.log((1 - 1e-6) / 1e-6)])


def test_of_three_classes_it_sees_each_and_a_class_that_a_member_lacks_counts_as_impossible() -> None:
    assert final_column_names(["x", "y"], (-1.0, 0.0, 1.0)) == ["x.-1", "x.0", "x.1", "y.-1", "y.0", "y.1"]
    answer = pd.DataFrame({"prediction": [0.0], "probability_-1": [0.2], "probability_0": [0.6]})
    assert class_shares(answer, (-1.0, 0.0, 1.0))[0] == pytest.approx([0.25, 0.75, 0.0])
