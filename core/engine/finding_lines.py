"""What looks odd in the prices, as a summary says it: the first findings whole, and how many more there are."""

from __future__ import annotations

from collections.abc import Sequence

from core.engine.text_layout import labelled

__all__ = ["finding_lines"]

_MOST_TOLD = 6


def finding_lines(findings: Sequence[str]) -> list[str]:
    """Return the lines of a summary that name findings; none where there are none.

    Parameters
    ----------
    findings : sequence of str
        Sentences. After the sixth the rest is counted, and the log and data.json are named, which have all of them.
    """
    n_more = len(findings) - _MOST_TOLD
    lines = [line for finding in findings[:_MOST_TOLD] for line in labelled("Finding", finding)]
    return lines + (
        labelled("Findings", f"{n_more:,} more; the log and data.json hold all of them") if n_more > 0 else []
    )
