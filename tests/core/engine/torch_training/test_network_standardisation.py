"""From features to a network's inputs, against arithmetic by hand."""

import numpy as np
import pytest
from pydantic import ValidationError

from core.engine.torch_training.standardisation import Standardisation

nan = np.nan
VALUES = np.array([[1.0, nan, 5.0, nan], [2.0, 10.0, 5.0, nan], [6.0, 30.0, 5.0, nan], [3.0, 20.0, 5.0, nan]])


def test_a_missing_value_is_the_median_and_has_an_input_of_its_own():
    found = Standardisation.fit(VALUES)
    assert found.medians == (2.5, 20.0, 5.0, 0.0)
    assert found.indicated == (1,)
    assert found.n_inputs == 5
    inputs = found.apply(VALUES)
    assert inputs[0].tolist() == pytest.approx([-2.0 / np.sqrt(3.5), 0.0, 0.0, 0.0, 1.0])
    assert inputs[:, 4].tolist() == [1.0, 0.0, 0.0, 0.0]


def test_inputs_have_mean_0_and_deviation_1_over_the_training_rows():
    inputs = Standardisation.fit(VALUES).apply(VALUES)
    assert inputs[:, :2].mean(axis=0) == pytest.approx([0.0, 0.0], abs=1e-12)
    assert inputs[:, :2].std(axis=0) == pytest.approx([1.0, 1.0])


def test_a_feature_without_variance_or_without_values_counts_nothing_later():
    found = Standardisation.fit(VALUES)
    later = found.apply(np.array([[2.5, 20.0, 1e300, -7.0], [2.5, 20.0, nan, nan]]))
    assert later[:, 2:4].tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_a_constant_that_only_rounding_moves_counts_nothing():
    assert Standardisation.fit(np.array([[0.1 + 0.2], [0.3], [0.3]])).scales == (0.0,)


def test_json_keeps_every_bit():
    found = Standardisation.fit(np.random.default_rng(1).normal(size=(50, 3)))
    assert Standardisation.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize("changes", [{"means": [1.0]}, {"indicated": [4]}, {"scales": ["x", 1.0]}])
def test_numbers_that_do_not_belong_together_are_refused(changes):
    raw = {"medians": [0.0, 0.0], "means": [0.0, 0.0], "scales": [1.0, 1.0], "indicated": []}
    with pytest.raises(ValidationError):
        Standardisation.model_validate({**raw, **changes})
