"""How the dates of a fetch are cut into parts, and which dates a part tells wholly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.engine.bar_interval import bears_session_dates
from core.engine.date_span import DateSpan

__all__ = ["CutAt", "FetchParts"]

CutAt = Callable[[date | None, date | None], Sequence[date]]
"""`cut_at(start, end)` returns the dates, increasing, on which a fetch's parts begin, but for the first part."""

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class FetchParts:
    """Where a source's fetches are cut.

    Attributes
    ----------
    cut_at : callable or None
        See `CutAt`; None leaves a fetch whole.
    interval : str
        Bar length.
    """

    cut_at: CutAt | None = None
    interval: str = "1d"

    def of(self, span: DateSpan) -> list[DateSpan]:
        """Return the parts of a span, from old to new; together they are the span."""
        cuts = () if self.cut_at is None else self.cut_at(span.first, span.last)
        return [
            DateSpan(first, last)
            for first, last in zip([span.first, *cuts], [*(cut - _DAY for cut in cuts), span.last], strict=True)
        ]

    def complete(self, part: DateSpan, whole: DateSpan) -> DateSpan:
        """Return the dates of a part of `whole` that no other part has bars of.

        A source may cut between days of its own: where bars bear moments, the UTC date at a cut belongs to both sides.
        """
        if bears_session_dates(self.interval):
            return part
        first, last = part.first, part.last
        if first is not None and first != whole.first:
            first += _DAY
        if last is not None and last != whole.last:
            last -= _DAY
        return DateSpan(first, last)
