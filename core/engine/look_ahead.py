"""Falsifiers: recompute with the future cut off, and compare what the past says.

1. Sample cuts among the bars.
2. Remove all bars after a cut and compute again.
3. Up to the cut, every value must be what it was, to a relative tolerance of 1e-9, and NaN where it was NaN.

A falsifier can prove a look-ahead, never its absence: it sees the sampled cuts only. It cannot see prices that were
adjusted with later knowledge, or instruments chosen because they survived: both are in the data before the cut.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DataError, LookAheadError
from core.engine.panel_index import date_text, position_of_timestamps, row_text

if TYPE_CHECKING:
    import pandas as pd

    from core.contracts.broker_terms import BrokerTerms
    from core.contracts.labeler import LabelerPlugin
    from core.contracts.strategy import StrategyPlugin
    from core.engine.features import FeaturePipeline

__all__ = [
    "CANNOT_SEE",
    "RELATIVE_TOLERANCE",
    "LookAheadCheck",
    "check_label_end",
    "check_no_look_ahead",
    "check_signals",
]

FloatArray = NDArray[np.float64]

RELATIVE_TOLERANCE = 1e-9
CANNOT_SEE = (
    "It cannot see prices adjusted with later knowledge, instruments chosen because they survived, "
    "or bars that were not sampled."
)


@dataclass(frozen=True)
class _Wording:
    """How a message speaks of what is compared."""

    what: str
    verdict: str


_FEATURE = _Wording("Feature", "it looks ahead. Compute it from bars up to its own only")
_SIGNAL = _Wording("Column", "it looks ahead. Decide it from bars up to its own, and from no target or label_end")
_LABEL = _Wording("Label column", "it depends on bars after its label_end. Let label_end name the last bar it reads")


@dataclass(frozen=True)
class LookAheadCheck:
    """What a falsifier did, when it found nothing.

    Attributes
    ----------
    cuts : tuple of Timestamp
        The bars after which data were removed.
    n_values : int
        Values compared.
    cannot_see : str
        What a pass does not prove.
    """

    cuts: tuple[pd.Timestamp, ...]
    n_values: int
    cannot_see: str = CANNOT_SEE


def check_no_look_ahead(
    pipeline: FeaturePipeline, panel: pd.DataFrame, cuts: int = 5, seed: int = 0, *, first_cut: int = 0
) -> LookAheadCheck:
    """Refuse a pipeline whose features at some bar change when later bars are removed.

    Parameters
    ----------
    pipeline : FeaturePipeline
        Fitted, where it needs it; only `transform` is judged.
    panel : DataFrame
        At least two bars.
    cuts : int
        How many bars to cut after, sampled without replacement; the more, the rarer the leaks that are found.
    seed : int
        Of the sample.
    first_cut : int
        Position of the first bar that may be cut after; at most the last but one's.

    Raises
    ------
    LookAheadError
        If a value changes; the message names the feature, ticker and bar.
    DataError
        If the panel has fewer than two bars, or `cuts` is below 1.
    """
    bars, sampled = _sampled_cuts(panel, cuts, seed, first_cut)
    whole = pipeline.transform(panel)
    n_values = 0
    for position, cut in sampled:
        kept = bars <= position
        part = pipeline.transform(panel[kept])
        _compare(whole[kept], part, cut, _FEATURE)
        n_values += part.size
    return LookAheadCheck(tuple(cut for _, cut in sampled), n_values)


def check_label_end(
    labeler: LabelerPlugin,
    panel: pd.DataFrame,
    terms: BrokerTerms,
    cuts: int = 5,
    seed: int = 0,
    *,
    first_cut: int = 0,
) -> LookAheadCheck:
    """Refuse a labeler whose labels change when bars after their `label_end` are removed.

    Parameters
    ----------
    labeler : LabelerPlugin
    panel : DataFrame
        At least two bars.
    terms : BrokerTerms
        Aligned with the panel's timestamps.
    cuts, seed, first_cut : int
        As in `check_no_look_ahead`.

    Raises
    ------
    LookAheadError
        If a label that had ended by a cut changes; the message names the column, ticker and bar.
    DataError
        As `check_no_look_ahead`.
    """
    bars, sampled = _sampled_cuts(panel, cuts, seed, first_cut)
    whole = labeler.label(panel, terms=terms)
    n_values = 0
    for position, cut in sampled:
        kept = bars <= position
        part = labeler.label(panel[kept], terms=_terms_until(terms, position))
        ended = (whole["label_end"] <= cut).to_numpy()[kept]
        before, after = _as_numbers(whole[kept][ended]), _as_numbers(part[ended])
        _compare(before, after, cut, _LABEL)
        n_values += before.size
    return LookAheadCheck(tuple(cut for _, cut in sampled), n_values)


def check_signals(
    strategy: StrategyPlugin,
    panel: pd.DataFrame,
    predictions: pd.DataFrame | None,
    cuts: int = 5,
    seed: int = 0,
    *,
    first_cut: int = 0,
) -> LookAheadCheck:
    """Refuse a strategy whose exposures at some bar change when later bars are removed.

    Of the predictions up to a cut, those whose label had not ended lose `target` and `label_end`, which nobody knew.

    Parameters
    ----------
    strategy : StrategyPlugin
    panel : DataFrame
        At least two bars.
    predictions : DataFrame or None
        On part of the panel's index; None for a strategy that needs none.
    cuts, seed, first_cut : int
        As in `check_no_look_ahead`.

    Raises
    ------
    LookAheadError
        If an exposure changes; the message names ticker and bar.
    DataError
        As `check_no_look_ahead`.
    """
    bars, sampled = _sampled_cuts(panel, cuts, seed, first_cut)
    whole = strategy.generate_signals(panel, predictions).to_frame("exposure")
    n_values = 0
    for position, cut in sampled:
        kept = bars <= position
        part = strategy.generate_signals(panel[kept], None if predictions is None else _known_at(predictions, cut))
        _compare(whole[kept], part.to_frame("exposure"), cut, _SIGNAL)
        n_values += part.size
    return LookAheadCheck(tuple(cut for _, cut in sampled), n_values)


def _known_at(predictions: pd.DataFrame, cut: pd.Timestamp) -> pd.DataFrame:
    known = predictions[predictions.index.get_level_values("timestamp") <= cut]
    if "label_end" not in known:
        return known
    is_open = ~(known["label_end"] <= cut)
    return known.assign(**{name: known[name].mask(is_open) for name in ("target", "label_end") if name in known})


def _sampled_cuts(
    panel: pd.DataFrame, cuts: int, seed: int, first_cut: int
) -> tuple[NDArray[np.int64], list[tuple[int, pd.Timestamp]]]:
    bars, timestamps = position_of_timestamps(panel)
    if cuts < 1 or len(timestamps) < 2:
        raise DataError(
            f"A look-ahead check of {cuts} cuts over {len(timestamps)} bars is none; "
            "it needs at least 1 cut and 2 bars."
        )
    last = len(timestamps) - 1
    candidates = np.arange(min(first_cut, last - 1), last)
    chosen = np.random.default_rng(seed).choice(candidates, size=min(cuts, len(candidates)), replace=False)
    return bars, [(int(position), timestamps[position]) for position in np.sort(chosen)]


def _terms_until(terms: BrokerTerms, position: int) -> BrokerTerms:
    rates = terms.financing.base_rate_annual[: position + 1]
    return replace(terms, financing=replace(terms.financing, base_rate_annual=rates))


def _as_numbers(labels: pd.DataFrame) -> pd.DataFrame:
    numbers = labels.select_dtypes("number")
    return numbers.assign(label_end=labels["label_end"].astype("int64").astype("float64"))


def _compare(whole: pd.DataFrame, part: pd.DataFrame, cut: pd.Timestamp, wording: _Wording) -> None:
    removed = f"when bars after {date_text(cut)} are removed"
    if list(part.columns) != list(whole.columns) or not part.index.equals(whole.index):
        raise LookAheadError(
            f"{wording.what}: columns {list(whole.columns)} on {len(whole)} rows, and {list(part.columns)} on "
            f"{len(part)} rows {removed}: which columns and rows there are must not depend on later bars."
        )
    for name in whole:
        before, after = whole[name].to_numpy(), part[name].to_numpy()
        changed = ~_is_close(before, after)
        if changed.any():
            row = int(np.argmax(changed))
            raise LookAheadError(
                f"{wording.what} {name!r} of {row_text(part, row)} changes {removed} "
                f"({before[row]:.9g} becomes {after[row]:.9g}): {wording.verdict}."
            )


def _is_close(before: FloatArray, after: FloatArray) -> NDArray[np.bool_]:
    size = np.maximum(np.abs(before), np.abs(after))
    scale = np.nanmax(size) if len(size) and not np.isnan(size).all() else 0.0
    # The second term forgives rounding in differences that come out near zero.
    tolerance = RELATIVE_TOLERANCE * size + 1e-13 * scale
    both_missing: NDArray[np.bool_] = np.isnan(before) & np.isnan(after)
    return both_missing | (np.abs(before - after) <= tolerance)
