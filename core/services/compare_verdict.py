"""What a comparison of runs does and does not show, in words.

No test of significance is made here: figures of two runs over one history are two numbers, and the difference between
them is told as that. The intervals of a run against its own baselines are in its summary.
"""

from __future__ import annotations

from core.services.compare import Comparison
from core.services.differences import Difference
from core.services.text_form import counted

__all__ = ["comparison_verdict"]

_SHARPE = ("sharpe", "Sharpe ratio", True)
_OF_PREDICTIONS = (("auc", "AUC", True), ("brier", "Brier score", False))


def comparison_verdict(compared: Comparison) -> tuple[str, ...]:
    """Return the sentences, the most important first."""
    sentences = [compared.no_test_in_words, _same_data(compared), _settings(compared), *_unfinished(compared)]
    sentences += [compared.other_dates_in_words, compared.too_short_in_words]
    ranked = _OF_PREDICTIONS if compared.other_dates_in_words else (_SHARPE, *_OF_PREDICTIONS)
    judged = [_best(compared, *figure) for figure in ranked]
    if any(judged):
        sentences += [*judged, _CAUTION]
    elif not compared.shared_metrics:
        sentences.append("The runs have no figures in common, so there is nothing to rank.")
    return tuple(sentence for sentence in sentences if sentence)


_CAUTION = (
    "Whether such a difference is more than chance, one history does not tell: no interval is known for it here. Each "
    "run's own summary has intervals against its baselines."
)


def _same_data(compared: Comparison) -> str:
    if compared.without_fingerprint:
        return "Whether the runs used the same data is unknown: not all of them have loaded any."
    if any(row.path == "fingerprint" for row in compared.data):
        return "The runs did not use the same data, so their figures may differ for that reason alone."
    return "The runs used the same data, byte for byte."


def _settings(compared: Comparison) -> str:
    n_versions = len(compared.environment)
    n_settings = sum(row.path != "title" for row in compared.config)
    settings = counted(n_settings, "setting differs", "settings differ") if n_settings else ""
    versions = counted(n_versions, "fact", "facts") + " about machine and versions" if n_versions else ""
    if not settings:
        return f"Their settings are the same{', but ' + versions + ' differ.' if versions else '.'}"
    return f"{settings}{'; so do ' + versions if versions else ''}."


def _unfinished(compared: Comparison) -> list[str]:
    not_whole = [
        f"{run_id[:8]} ({state})"
        for run_id, state in zip(compared.run_ids, compared.states, strict=True)
        if state != "completed"
    ]
    return (
        [f"Not completed, so figures may be missing or those of a part: {', '.join(not_whole)}."] if not_whole else []
    )


def _best(compared: Comparison, name: str, label: str, is_more_better: bool) -> str:
    row = next((found for found in compared.metrics if found.path == name), None)
    known = _known(compared, row) if row else {}
    if len(known) < 2:
        return ""
    best_first = sorted(known, key=lambda run_id: known[run_id], reverse=is_more_better)
    best, next_best = best_first[:2]
    lead = abs(known[best] - known[next_best])
    word = "highest" if is_more_better else "lowest"
    if lead == 0:
        return f"The {word} {label}, {known[best]:.4f}, is shared by two runs or more."
    return f"Run {best[:8]} has the {word} {label}, {known[best]:.4f}; the next is {lead:.4f} away."


def _known(compared: Comparison, row: Difference) -> dict[str, float]:
    pairs = zip(compared.run_ids, row.values, strict=True)
    return {run_id: float(value) for run_id, value in pairs if isinstance(value, (int, float))}
