"""Many tickers' bars, of which only what is missing is fetched, and many tickers by one question.

1. Some tickers at a time: what was kept of each says which dates it lacks (missing_bars.py).
2. Tickers whose dates begin and end within a month of each other share a question, so that a day's update of a
   thousand tickers asks a few times, and one that was delisted years ago makes nobody else's question longer.
3. Those that are complete are kept before the next are asked for: an interrupted download goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pandas as pd

from core.engine.date_span import DateSpan
from core.engine.kept_bars import KeptBars, keep_final, read_kept
from core.engine.missing_bars import Asking, missing_bars

if TYPE_CHECKING:
    from pydantic import JsonValue

    from core.contracts.data_access import DataAccess

__all__ = ["FetchTickers", "incremental_tickers"]

FetchTickers = Callable[[Sequence[str], date | None, date | None], Mapping[str, pd.DataFrame]]
"""`fetch(tickers, start, end)` returns the bars of each that has some, as `incremental_bars` takes them."""

_ALIKE_DAYS = 31


def incremental_tickers(
    access: DataAccess,
    keys: Mapping[str, Mapping[str, JsonValue]],
    start: date | None,
    end: date | None,
    fetch: FetchTickers,
    *,
    interval: str = "1d",
    overlap_bars: int = 5,
    refresh: bool = False,
    at_once: int = 200,
    today: date | None = None,
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each ticker with its bars from start to end, in the order of `keys`; a ticker without bars has no rows.

    Parameters
    ----------
    access : DataAccess
        Where bars are kept.
    keys : mapping of str to mapping
        Each ticker's key, as `incremental_bars` takes it. No secret.
    start, end : date or None
        First and last session, both included; None means as far as the source goes.
    fetch : callable
        Asks the source for several tickers at once.
    interval, overlap_bars, refresh, today
        As `incremental_bars` takes them.
    at_once : int
        How many tickers may share a question: as many as an interruption makes to be fetched again.

    Raises
    ------
    DataError
        If `fetch` returns no column timestamp, or its timestamps are not UTC and increasing.
    """
    day, wanted, tickers = today or datetime.now(UTC).date(), DateSpan(start, end), list(keys)
    for at in range(0, len(tickers), at_once):
        access.check_cancelled()
        chosen = tickers[at : at + at_once]
        begun = [_begun(access, ticker, keys[ticker], wanted, overlap_bars, refresh) for ticker in chosen]
        _complete(begun, fetch)
        for one in begun:
            if one.found is not one.kept:
                keep_final(access, keys[one.ticker], one.found, interval=interval, today=day)
            yield one.ticker, one.found.within(wanted)


@dataclass
class _Ticker:
    """A ticker on its way."""

    ticker: str
    kept: KeptBars | None
    asking: Asking
    lacks: DateSpan | None = None
    found: KeptBars = field(init=False)  # once it lacks nothing

    def take(self, answer: pd.DataFrame | None) -> None:
        """Go on until the next question, or the end."""
        try:
            asked = next(self.asking) if answer is None else self.asking.send(answer)
            self.lacks = asked.span
        except StopIteration as end:
            self.lacks = None
            self.found = end.value


def _begun(
    access: DataAccess,
    ticker: str,
    key: Mapping[str, JsonValue],
    wanted: DateSpan,
    overlap_bars: int,
    refresh: bool,
) -> _Ticker:
    kept = None if refresh else read_kept(access, key)
    begun = _Ticker(ticker, kept, missing_bars(kept, wanted, key, overlap_bars=overlap_bars))
    begun.take(None)
    return begun


def _complete(begun: Sequence[_Ticker], fetch: FetchTickers) -> None:
    while lacking := [one for one in begun if one.lacks is not None]:
        for span, sharing in _questions(lacking):
            answers = fetch([one.ticker for one in sharing], span.first, span.last)
            for one in sharing:
                bars = answers.get(one.ticker, _NO_BARS)
                one.take(bars if one.lacks is None else one.lacks.cut(bars))


def _questions(lacking: Sequence[_Ticker]) -> list[tuple[DateSpan, list[_Ticker]]]:
    """Return the questions that together hold what each lacks, and whom each is for."""
    spans = sorted(((one.lacks or DateSpan(None, None), one) for one in lacking), key=lambda pair: _ends(pair[0]))
    questions: list[tuple[DateSpan, list[_Ticker]]] = []
    first_of_question = DateSpan(None, None)
    for span, one in spans:
        if questions and _alike(first_of_question, span):
            joined, sharing = questions[-1]
            questions[-1] = (joined.joined(span), [*sharing, one])
        else:
            first_of_question = span
            questions.append((span, [one]))
    return questions


def _alike(one: DateSpan, other: DateSpan) -> bool:
    pairs = zip(_ends(one), _ends(other), strict=True)
    return all(abs((end - other_end).days) <= _ALIKE_DAYS for end, other_end in pairs)


def _ends(span: DateSpan) -> tuple[date, date]:
    return span.first or date.min, span.last or date.max


_NO_BARS = pd.DataFrame({"timestamp": pd.DatetimeIndex([], tz="UTC").as_unit("us")})
