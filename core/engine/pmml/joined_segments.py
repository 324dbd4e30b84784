"""Models that are joined as parts of a PMML chain, which end in fields with their own values or probabilities.

1. A model by itself is its scores, and a RegressionModel that computes the link and puts it out.
2. An average is a MiningModel whose segments hand a member's field on: `weightedAverage`, `average` of equal weights.
3. A final model comes after a RegressionModel that computes the members' log-odds, and reads these as its features.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from core.engine.joined_models import LEAST_PROBABILITY
from core.engine.pmml.answers import log_odds, probability_fields, scaled_fields
from core.engine.pmml.elements import derived, element, field, mining_schema, number, output
from core.engine.pmml.rounded_sums import score_bases
from core.engine.pmml.score_model import JoinedScores, Scored, ScoreModel
from core.engine.pmml.tree_segments import score_model

__all__ = ["joined_segments"]

_Parts = tuple[list[Element], list[str]]


def joined_segments(joined: JoinedScores, features: Sequence[str], prefix: str, *, is_value: bool) -> _Parts:
    """Return the models of a chain, in order, and the fields that they give in the end.

    Parameters
    ----------
    joined : JoinedScores
        What to write.
    features : sequence of str
        What its members read.
    prefix : str
        Begins the names of all fields that are made; no feature's name begins so.
    is_value : bool
        Whether it is a regression; of two classes there is one field, the higher one's probability.
    """
    models: list[Element] = []
    told: list[list[str]] = []
    for position, member in enumerate(joined.members):
        parts, names = _segments(member, features, f"{prefix}_{position}", is_value=is_value)
        models += parts
        told.append(names)
    if joined.final is None:
        by_class = list(zip(*told, strict=True))
        means = [f"{prefix}_mean_{k}" for k in range(len(by_class))]
        averages = [_average(names, joined.weights, mean) for names, mean in zip(by_class, means, strict=True)]
        return [*models, *averages], means
    inputs = [name for names in told for name in names]
    if not is_value:
        seen = [f"{prefix}_odds_of_{k}" for k in range(len(inputs))]
        models.append(_handed_on(inputs, [log_odds(name, LEAST_PROBABILITY) for name in inputs], seen))
        inputs = seen
    last, names = _segments(joined.final, inputs, f"{prefix}_final", is_value=is_value)
    return [*models, *last], names


def _segments(scored: Scored, features: Sequence[str], prefix: str, *, is_value: bool) -> _Parts:
    if isinstance(scored, JoinedScores):
        return joined_segments(scored, features, prefix, is_value=is_value)
    sums = [f"{prefix}_sum_{k}" for k in range(len(scored.scores))]
    own = [f"{prefix}_own_{k}" for k in range(len(sums))]
    scores = [score_model(score, features, name) for score, name in zip(scored.scores, sums, strict=True)]
    return [*scores, _link(scored, sums, own, prefix)], own


def _link(scored: ScoreModel, sums: Sequence[str], told: Sequence[str], prefix: str) -> Element:
    fields = probability_fields(sums, score_bases(scored.scores), scored.link, prefix, is_single=scored.is_single)
    computed = [f"{prefix}_raw_{k}" for k in range(len(sums))]
    if scored.is_single and scored.link == "softmax":
        # Shares in single precision do not sum to 1 quite, and are scaled before they are joined.
        fields += scaled_fields(computed, f"{prefix}_scaled", f"{prefix}_raw_sum")
        computed = [f"{prefix}_scaled_{k}" for k in range(len(sums))]
    return _regression(sums, fields, computed, told)


def _handed_on(read: Sequence[str], expressions: Sequence[Element], told: Sequence[str]) -> Element:
    fields = [derived(f"{name}_computed", expression) for name, expression in zip(told, expressions, strict=True)]
    return _regression(read, fields, [f"{name}_computed" for name in told], told)


def _regression(
    read: Sequence[str], fields: Sequence[Element], computed: Sequence[str], told: Sequence[str]
) -> Element:
    """Return a model that reads fields, computes others, and puts some of these out under names of their own."""
    outputs = [output(name, "transformedValue", field(found)) for found, name in zip(computed, told, strict=True)]
    return element(
        "RegressionModel",
        mining_schema(read),
        element("Output", *outputs),
        element("LocalTransformations", *fields),
        _identity(computed[0]),
        functionName="regression",
    )


def _average(names: Sequence[str], weights: Sequence[float], told: str) -> Element:
    is_even = len(set(weights)) == 1
    segments = [
        element(
            "Segment",
            element("True"),
            element("RegressionModel", mining_schema([name]), _identity(name), functionName="regression"),
            id=str(position),
            **({} if is_even else {"weight": number(weight)}),
        )
        for position, (name, weight) in enumerate(zip(names, weights, strict=True), start=1)
    ]
    method = "average" if is_even else "weightedAverage"
    return element(
        "MiningModel",
        mining_schema(names),
        element("Output", output(told, "predictedValue")),
        element("Segmentation", *segments, multipleModelMethod=method),
        functionName="regression",
    )


def _identity(name: str) -> Element:
    return element("RegressionTable", element("NumericPredictor", name=name, coefficient="1"), intercept="0")
