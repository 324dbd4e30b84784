"""From scores to what the calibrated model answers, as PMML: the link, the calibration, the payoff.

1. A score becomes a probability by its link.
2. Platt's map sees the log-odds of a probability that is kept off 0 and 1; the isotonic one is read between its knots.
3. Of three classes or more the calibrated probabilities are scaled to sum 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from core.engine.calibration import LOWEST_PROBABILITY
from core.engine.pmml.elements import apply, constant, derived, field, interpolated

if TYPE_CHECKING:
    from core.engine.calibration import Calibrator
    from core.engine.pmml.score_model import Link

__all__ = ["calibrated_fields", "probability_fields"]


def probability_fields(scores: Sequence[str], bases: Sequence[float], link: Link, prefix: str) -> list[Element]:
    """Return fields `<prefix>_raw_<k>`, the model's own probability of each class; of two classes the higher one's."""
    sums = [derived(f"{prefix}_score_{k}", _plus(field(name), bases[k])) for k, name in enumerate(scores)]
    totals = [f"{prefix}_score_{k}" for k in range(len(scores))]
    if link == "softmax":
        largest = derived(f"{prefix}_largest", apply("max", *map(field, totals)))
        odds = [
            derived(f"{prefix}_odds_{k}", apply("exp", apply("-", field(name), field(f"{prefix}_largest"))))
            for k, name in enumerate(totals)
        ]
        shares = _shares([f"{prefix}_odds_{k}" for k in range(len(scores))], f"{prefix}_raw", f"{prefix}_odds_sum")
        return [*sums, largest, *odds, *shares]
    made = _logistic if link == "logistic" else _same
    return [*sums, *(derived(f"{prefix}_raw_{k}", made(field(name))) for k, name in enumerate(totals))]


def calibrated_fields(calibrators: Sequence[Calibrator], raw: Sequence[str], prefix: str) -> list[Element]:
    """Return fields `<prefix>_probability_<k>`, one for each raw probability."""
    if not calibrators:
        return [derived(f"{prefix}_probability_{k}", field(name)) for k, name in enumerate(raw)]
    if len(raw) == 1:
        return [derived(f"{prefix}_probability_0", mapped(calibrators[0], raw[0]))]
    apart = [derived(f"{prefix}_apart_{k}", mapped(c, raw[k])) for k, c in enumerate(calibrators)]
    names = [f"{prefix}_apart_{k}" for k in range(len(raw))]
    return [*apart, *_shares(names, f"{prefix}_probability", f"{prefix}_apart_sum")]


def mapped(calibrator: Calibrator, name: str) -> Element:
    """Return a calibrator's map of a field."""
    if calibrator.kind == "identity":
        return field(name)
    if calibrator.kind == "isotonic":
        if len(calibrator.scores) == 1:
            return constant(float(calibrator.apply(0.0)))
        bound = 1.0 / (calibrator.effective_rows + 2.0)
        read = interpolated(name, list(zip(calibrator.scores, calibrator.probabilities, strict=True)))
        return _between(bound, read, 1.0 - bound)
    position = field(name) if calibrator.scale == "value" else _log_odds(name)
    return _logistic(_plus(apply("*", constant(calibrator.slope), position), calibrator.intercept))


def _log_odds(name: str) -> Element:
    def inside() -> Element:
        return _between(LOWEST_PROBABILITY, field(name), 1.0 - LOWEST_PROBABILITY)

    return apply("ln", apply("/", inside(), apply("-", constant(1.0), inside())))


def _between(lowest: float, x: Element, highest: float) -> Element:
    return apply("min", apply("max", x, constant(lowest)), constant(highest))


def _logistic(x: Element) -> Element:
    return apply("/", constant(1.0), apply("+", constant(1.0), apply("exp", apply("*", constant(-1.0), x))))


def _same(x: Element) -> Element:
    return x


def _plus(x: Element, summand: float) -> Element:
    return apply("+", x, constant(summand)) if summand else x


def _shares(names: Sequence[str], prefix: str, sum_name: str) -> list[Element]:
    # Functions of two arguments: not every reader takes more of them for a sum.
    total = derived(sum_name, reduce(lambda left, right: apply("+", left, right), map(field, names)))
    return [total, *(derived(f"{prefix}_{k}", apply("/", field(n), field(sum_name))) for k, n in enumerate(names))]
