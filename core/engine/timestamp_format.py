"""Whether times can be read in a format at all: known before there are any times."""

from __future__ import annotations

import re

import pandas as pd

__all__ = ["EPOCH_FORMATS", "checked_timestamp_format"]

EPOCH_FORMATS = ("epoch_s", "epoch_ms", "epoch_us")
"""Formats of numbers that count since 1970."""

# Day, month and hour are such that none can be taken for another, and the hour is one of the afternoon.
_SAMPLE = pd.Timestamp("2013-11-24 17:45:00", tz="UTC")


def checked_timestamp_format(timestamp_format: str) -> str:
    """Return a format that a `TimeReading` can read: a strptime format, or epoch_s, epoch_ms, epoch_us.

    Raises
    ------
    ValueError
        If it holds what is no directive, leaves out the year or the month, bears %z elsewhere than at its end, has
        white space at an end, or names hours of which nobody knows whether they are before noon.
    """
    if timestamp_format in EPOCH_FORMATS:
        return timestamp_format
    if "%" not in timestamp_format:
        raise ValueError(
            f"{timestamp_format!r} holds no directive; write one such as %d.%m.%Y, or "
            f"{', '.join(EPOCH_FORMATS[:-1])} or {EPOCH_FORMATS[-1]}"
        )
    if timestamp_format != timestamp_format.strip():
        raise ValueError(f"{timestamp_format!r} must have no white space at its ends, which is taken off the cells too")
    if "%z" in timestamp_format and not timestamp_format.endswith("%z"):
        raise ValueError(f"{timestamp_format!r} must have %z at its end")
    try:
        found = pd.to_datetime(_SAMPLE.strftime(timestamp_format), format=timestamp_format, utc=True)
    except (ValueError, re.error) as error:
        raise ValueError(f"{timestamp_format!r} cannot be read: {error}; write one such as %d.%m.%Y") from error
    if (found.year, found.month) != (_SAMPLE.year, _SAMPLE.month):
        raise ValueError(f"{timestamp_format!r} must name the year and the month, such as %d.%m.%Y")
    if found.hour not in {0, _SAMPLE.hour}:
        raise ValueError(f"{timestamp_format!r} reads the hours of half a day; add %p, or write %H")
    return timestamp_format
