"""SHAP values of joined models are given where the whole is a sum of what its members explain, and nowhere else."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.contracts.model import JoinedModels, TrainContext
from core.engine.joined_models import final_features
from core.engine.joined_shap_values import joined_shap_values
from core.testing.training_rows import make_training_data
from plugins.models.linear import Linear

CLASSES = (0.0, 1.0)
DATA = make_training_data("classification")
FEATURES = DATA.features


class Share(Linear):
    """A member that explains its probability, all of it by its first feature."""

    base = 0.5

    def shap_values(self, features):
        values = np.zeros((len(features), features.shape[1] + 1))
        values[:, -1] = self.base
        values[:, 0] = self.predict(features)["probability_1"] - 0.5
        return pd.DataFrame(values, index=features.index, columns=[*features.columns, "base"])


class Wrong(Share):
    """A member whose values do not add up."""

    base = 0.6


class Silent(Linear):
    """A member that explains nothing."""

    def shap_values(self, features):
        return None


class Small(Linear):
    """A regression as small as a day's returns, which it explains by `sign` of what counts."""

    sign = 1.0

    def predict(self, features):
        return pd.DataFrame({"prediction": 5e-5 * features.iloc[:, 0].fillna(0.0)}, index=features.index)

    def shap_values(self, features):
        values = np.zeros((len(features), features.shape[1] + 1))
        values[:, 0] = self.sign * self.predict(features)["prediction"]
        return pd.DataFrame(values, index=features.index, columns=[*features.columns, "base"])


class SmallAndWrong(Small):
    """The same, with the wrong sign."""

    sign = -1.0


def trained(kind):
    model = kind("linear", kind.Params())
    model.train(DATA, None, TrainContext("classification"))
    return model


def test_an_average_of_probabilities_that_its_members_explain_is_explained():
    joined = JoinedModels(("x", "y"), (trained(Share), trained(Share)), (0.75, 0.25))
    found = joined_shap_values(joined, FEATURES, CLASSES)
    probability = joined.members[0].predict(FEATURES)["probability_1"]
    assert found.sum(axis=1).to_numpy() == pytest.approx(probability.to_numpy(), abs=1e-12)
    assert found["base"].unique().tolist() == [0.5]


@pytest.mark.parametrize("kind", [Linear, Wrong, Silent], ids=["log-odds", "a sum that fails", "nothing"])
def test_an_average_with_a_member_that_explains_something_else_is_not(kind):
    joined = JoinedModels(("x", "y"), (trained(Share), trained(kind)), (0.5, 0.5))
    assert joined_shap_values(joined, FEATURES, CLASSES) is None


@pytest.mark.parametrize("kind", [Small, SmallAndWrong])
def test_small_values_are_held_to_their_own_size(kind):
    joined = JoinedModels(("x",), (kind("linear", kind.Params()),), (1.0,))
    assert (joined_shap_values(joined, FEATURES, ()) is None) == (kind is SmallAndWrong)


@pytest.mark.parametrize("steepness", [1.0, 1e4])
def test_log_odds_that_are_kept_off_their_ends_are_not_explained(steepness):
    member = trained(Linear)
    member.library_object()[-1].coef_ *= steepness
    seen = final_features(("x",), [member.predict(FEATURES)], CLASSES, FEATURES.index)
    final = Linear("linear", Linear.Params())
    final.train(replace(DATA, features=seen), None, TrainContext("classification"))
    found = joined_shap_values(JoinedModels(("x",), (member,), (1.0,), final), FEATURES, CLASSES)
    assert (found is None) == (steepness > 1.0)
