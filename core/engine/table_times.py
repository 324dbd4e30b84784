"""Reading the times of a table, as a file holds them, into sessions or moments in UTC.

Among texts that repeat each is read once; an error then names the first row that has it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from core.engine.table_cells import CellError, numbers_of, plain_column, refuse_first, shown_text, texts_of

__all__ = ["TimeReading", "timestamps_of"]

_WORTH_LOOKING = 256

_ZONE = r"(Z|[+-]\d{2}(?::?\d{2})?)$"  # PostgreSQL writes hours alone: 09:30:00-05
_HAS_ZONE = rf"\d{{1,2}}:\d{{2}}.*?(?:{_ZONE[1:-2]})$"
_ISO_DATE = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?$|^\d{8}$"
_EPOCH_UNITS = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
_SHORTER_THAN_A_DAY = (
    "there are several on that day: set data.interval to the bars' own (5m, 1h), or, where each bar is a day, the "
    "parameter timezone to the exchange's"
)
_ONE_FORM = "a column's times all bear one, or none does"
_HOW_TO_SET_FORMAT = "write 2004-03-05, or set the parameter timestamp_format, such as %d.%m.%Y"


def timestamps_of(
    column: pa.ChunkedArray, *, daily: bool, timestamp_format: str | None = None, timezone: str | None = None
) -> pd.DatetimeIndex:
    """Return a column's times in UTC, as a `TimeReading` of it does."""
    return TimeReading(daily=daily, timestamp_format=timestamp_format, timezone=timezone).read(column)


class TimeReading:
    """Reads a column's times in UTC, some rows at a time: the session's date at 00:00 for daily bars, else the moment.

    Parameters
    ----------
    daily : bool
        Whether a bar is a session. A session's date is the date as written, or in `timezone` where that is given; a
        time of day other than midnight is refused unless `timezone` is given.
    timestamp_format : str or None
        A strptime format, or epoch_s, epoch_ms, epoch_us. None reads ISO 8601 (2004-03-05, 2004-03-05 14:30:00+00:00).
    timezone : str or None
        An IANA name: of times that bear none, and the exchange's for sessions.
    """

    def __init__(self, *, daily: bool, timestamp_format: str | None = None, timezone: str | None = None) -> None:
        self._daily = daily
        self._format = timestamp_format
        self._timezone = timezone
        self._has_zone: bool | None = None
        self._texts: tuple[pa.Array, pd.DatetimeIndex] | None = None

    def begin(self) -> None:
        """Say that what is read next is another table's, which may bear zones where this one bears none."""
        self._has_zone = None

    def read(self, column: pa.ChunkedArray) -> pd.DatetimeIndex:
        """Return the times of some rows.

        Parameters
        ----------
        column : ChunkedArray
            Dates, times with or without a time zone, texts, or whole numbers counted since 1970.

        Raises
        ------
        CellError
            If a cell is empty, cannot be read in the format, bears a zone where rows before bear none, bears none
            although it must, or does not exist in the zone.
        """
        column = plain_column(column)
        if len(column) >= _WORTH_LOOKING and pa.types.is_string(column.type) and not column.null_count:
            return self._of_repeated_texts(column.dictionary_encode().unify_dictionaries().combine_chunks())
        return self._of_each(column)

    def _of_repeated_texts(self, encoded: Any) -> pd.DatetimeIndex:  # noqa: ANN401 - pyarrow ships no types
        """Read each text once: many tickers have bars of the same time, and many files those of the same times."""
        rows = encoded.indices.to_numpy()
        if self._texts is None or not encoded.dictionary.equals(self._texts[0]):
            try:
                self._texts = encoded.dictionary, self._of_each(pa.chunked_array([encoded.dictionary]))
            except CellError as error:
                raise CellError(int(np.argmax(rows == error.row)), error.reason) from error
        times: pd.DatetimeIndex = self._texts[1][rows]
        return times

    def _of_each(self, column: pa.ChunkedArray) -> pd.DatetimeIndex:
        local, moments = _read_times(column, self._format)
        self._refuse_another_form(local, moments)
        if self._daily:
            return _sessions(local, moments, self._timezone)
        if moments is None:
            moments = _moments_in_zone(local, self._timezone)
        return pd.DatetimeIndex(moments).as_unit("us")

    def _refuse_another_form(self, local: pd.Series, moments: pd.Series | None) -> None:
        has_zone = moments is not None
        if self._has_zone not in {None, has_zone}:
            raise CellError(0, f"'{local.iloc[0]}' differs from the rows above in having a zone; {_ONE_FORM}")
        self._has_zone = has_zone


def _moments_in_zone(local: pd.Series, timezone: str | None) -> pd.Series:
    if timezone is None:
        raise CellError(0, f"{local.iloc[0]} bears no time zone; set the parameter timezone, such as America/New_York")
    moments = local.dt.tz_localize(timezone, ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")
    refuse_first(
        moments.isna(),
        local,
        lambda text: f"{text} happens twice or not at all in {timezone}, whose clocks change; write times in UTC",
    )
    found: pd.Series = moments
    return found


def _read_times(column: pa.ChunkedArray, timestamp_format: str | None) -> tuple[pd.Series, pd.Series | None]:
    """Return the times as written, without a zone, and as moments in UTC where they bear a zone."""
    if timestamp_format in _EPOCH_UNITS:
        return _epoch_times(column, timestamp_format)
    if pa.types.is_integer(column.type) and timestamp_format is None:
        known = ", ".join(_EPOCH_UNITS)
        raise CellError(0, f"{column[0].as_py()} is a number; set the parameter timestamp_format: {known} or %Y%m%d")
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        values = pd.Series(pd.DatetimeIndex(column.to_pandas()).as_unit("us"))
        refuse_first(values.isna(), values, lambda _value: "the cell is empty; it must hold a date")
        if values.dt.tz is None:
            return values, None
        return values.dt.tz_localize(None), values.dt.tz_convert("UTC")
    return _text_times(texts_of(column), timestamp_format)


def _epoch_times(column: pa.ChunkedArray, timestamp_format: str) -> tuple[pd.Series, pd.Series]:
    counts = numbers_of(column)
    refuse_first(
        pd.Series(counts != np.floor(counts)), pd.Series(counts), lambda count: f"{count} is not whole; an epoch is"
    )
    microseconds = counts.astype("int64") * _EPOCH_UNITS[timestamp_format]
    moments = pd.Series(pd.DatetimeIndex(microseconds.view("datetime64[us]")).tz_localize("UTC"))
    return moments.dt.tz_localize(None), moments


def _text_times(texts: pd.Series, timestamp_format: str | None) -> tuple[pd.Series, pd.Series | None]:
    if timestamp_format is None:
        refuse_first(
            ~texts.str.match(_ISO_DATE), texts, lambda text: f"{shown_text(text)} is no ISO date; {_HOW_TO_SET_FORMAT}"
        )
        has_zone = texts.str.contains(_HAS_ZONE, regex=True)
        refuse_first(
            has_zone != has_zone.iloc[0],
            texts,
            lambda text: f"{shown_text(text)} differs from the rows above in having a zone; {_ONE_FORM}",
        )
    else:
        has_zone = pd.Series("%z" in timestamp_format, index=texts.index)
    moments = _parsed(texts, timestamp_format)
    if not has_zone.iloc[0]:
        return moments.dt.tz_localize(None), None
    # The date as written: what the zone's own clock showed, so the offset that was written is added back.
    offsets = texts.str.extract(_ZONE)[0].fillna("Z").map(_offset_minutes).astype("int64")
    return moments.dt.tz_localize(None) + pd.to_timedelta(offsets, unit="m"), moments


def _parsed(texts: pd.Series, timestamp_format: str | None) -> pd.Series:
    parsed = pd.to_datetime(texts, format=timestamp_format or "ISO8601", errors="coerce", utc=True)
    wanted = f"a date in the format {timestamp_format}" if timestamp_format else "a date that exists"
    refuse_first(parsed.isna(), texts, lambda text: f"{shown_text(text)} is not {wanted}; {_HOW_TO_SET_FORMAT}")
    return parsed.dt.as_unit("us")


def _offset_minutes(offset: str) -> int:
    if offset == "Z":
        return 0
    digits = offset[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or "0")
    return -minutes if offset[0] == "-" else minutes


def _sessions(local: pd.Series, moments: pd.Series | None, timezone: str | None) -> pd.DatetimeIndex:
    if timezone is not None and moments is not None:
        local = moments.dt.tz_convert(timezone).dt.tz_localize(None)
    dates = local.dt.normalize()
    if timezone is None:
        refuse_first(dates != local, local, lambda time: _no_date(time, local))
    return pd.DatetimeIndex(dates.dt.tz_localize("UTC")).as_unit("us")


def _no_date(time: pd.Timestamp, times: pd.Series) -> str:
    several = times[times.dt.normalize() == time.normalize()].nunique() > 1
    next_step = _SHORTER_THAN_A_DAY if several else "set the parameter timezone to the exchange's"
    return f"{time} is no date but a time of day; {next_step}"
