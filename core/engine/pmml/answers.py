"""From scores to what the calibrated model answers, as PMML: the link, the calibration, the payoff.

1. A score becomes a probability by its link.
2. Platt's map sees the log-odds of a probability that is kept off 0 and 1; the isotonic one is read between its knots.
3. Of three classes or more the calibrated probabilities are scaled to sum 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from core.engine.calibration import LOWEST_PROBABILITY
from core.engine.pmml.elements import apply, constant, derived, field, in_single, interpolated

if TYPE_CHECKING:
    from core.engine.calibration import Calibrator
    from core.engine.pmml.score_model import Link

_Rounding = Callable[[Element], Element]

__all__ = ["calibrated_fields", "log_odds", "mapped", "probability_fields", "scaled_fields"]


def probability_fields(
    scores: Sequence[str], bases: Sequence[float], link: Link, prefix: str, *, is_single: bool = False
) -> list[Element]:
    """Return fields `<prefix>_raw_<k>`, the model's own probability of each class; of two classes the higher one's.

    With `is_single` every step is rounded to single precision, as XGBoost computes it.
    """
    rounded = in_single if is_single else _same
    sums = [derived(f"{prefix}_score_{k}", _plus(field(name), bases[k])) for k, name in enumerate(scores)]
    totals = [f"{prefix}_score_{k}" for k in range(len(scores))]
    if link == "softmax":
        largest = derived(f"{prefix}_largest", apply("max", *map(field, totals)))
        below = [rounded(apply("-", field(name), field(f"{prefix}_largest"))) for name in totals]
        odds = [derived(f"{prefix}_odds_{k}", rounded(apply("exp", x))) for k, x in enumerate(below)]
        names = [f"{prefix}_odds_{k}" for k in range(len(scores))]
        shares = scaled_fields(names, f"{prefix}_raw", f"{prefix}_odds_sum", rounded)
        return [*sums, largest, *odds, *shares]
    if link == "logistic":
        return [*sums, *(derived(f"{prefix}_raw_{k}", _logistic(field(n), rounded)) for k, n in enumerate(totals))]
    return [*sums, *(derived(f"{prefix}_raw_{k}", field(name)) for k, name in enumerate(totals))]


def calibrated_fields(calibrators: Sequence[Calibrator], raw: Sequence[str], prefix: str) -> list[Element]:
    """Return fields `<prefix>_probability_<k>`, one for each raw probability."""
    if not calibrators:
        return [derived(f"{prefix}_probability_{k}", field(name)) for k, name in enumerate(raw)]
    if len(raw) == 1:
        return [derived(f"{prefix}_probability_0", mapped(calibrators[0], raw[0]))]
    apart = [derived(f"{prefix}_apart_{k}", mapped(c, raw[k])) for k, c in enumerate(calibrators)]
    names = [f"{prefix}_apart_{k}" for k in range(len(raw))]
    return [*apart, *scaled_fields(names, f"{prefix}_probability", f"{prefix}_apart_sum")]


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
    position = field(name) if calibrator.scale == "value" else log_odds(name, LOWEST_PROBABILITY)
    return _logistic(_plus(apply("*", constant(calibrator.slope), position), calibrator.intercept))


def log_odds(name: str, lowest: float) -> Element:
    """Return the log-odds of a field that is a probability, kept between `lowest` and 1 less that."""

    def inside() -> Element:
        return _between(lowest, field(name), 1.0 - lowest)

    return apply("ln", apply("/", inside(), apply("-", constant(1.0), inside())))


def scaled_fields(names: Sequence[str], prefix: str, sum_name: str, rounded: _Rounding | None = None) -> list[Element]:
    """Return fields `<prefix>_<k>`, the named fields divided by their sum, and that sum before them."""
    made = rounded or _same
    # Functions of two arguments: not every reader takes more of them for a sum.
    total = derived(sum_name, made(reduce(lambda left, right: apply("+", left, right), map(field, names))))
    parts = [made(apply("/", field(name), field(sum_name))) for name in names]
    return [total, *(derived(f"{prefix}_{k}", part) for k, part in enumerate(parts))]


def _between(lowest: float, x: Element, highest: float) -> Element:
    return apply("min", apply("max", x, constant(lowest)), constant(highest))


def _logistic(x: Element, rounded: _Rounding | None = None) -> Element:
    made = rounded or _same
    odds_against = made(apply("exp", apply("*", constant(-1.0), x)))
    return made(apply("/", constant(1.0), made(apply("+", constant(1.0), odds_against))))


def _same(x: Element) -> Element:
    return x


def _plus(x: Element, summand: float) -> Element:
    return apply("+", x, constant(summand)) if summand else x
