"""What a person says of prices of their own, whether they lie in files or in a database, and what follows from it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field

if TYPE_CHECKING:
    import numpy as np
    import qlop
    from numpy.typing import NDArray

__all__ = [
    "EXTRA_COLUMNS",
    "MEANING_OF_EMPTY",
    "PRICE_COLUMNS",
    "NoCorporateActions",
    "PriceAdjustment",
    "RateInPercent",
    "TimestampFormat",
    "Timezone",
    "among_held",
    "as_said",
    "rate_as_fraction",
    "say_padded",
]

PriceColumn = Literal["open", "high", "low", "close", "volume"]
ExtraColumn = Literal["adjusted_close", "dividend", "split", "risk_free_rate_annual"]

PRICE_COLUMNS: tuple[PriceColumn, ...] = ("open", "high", "low", "close", "volume")
EXTRA_COLUMNS: tuple[ExtraColumn, ...] = ("adjusted_close", "dividend", "split", "risk_free_rate_annual")
MEANING_OF_EMPTY: Mapping[str, float] = {"dividend": 0.0, "split": 1.0}
"""What an empty cell says; in other columns it says nothing, and is refused."""

_MOST_SHOWN = 20
_LONGEST_PADDED = 80


def _known_zone(zone: str | None) -> str | None:
    if zone is not None and zone not in available_timezones():
        near = get_close_matches(zone, available_timezones(), n=1)
        raise ValueError(f"{zone!r} is no IANA time zone{f'; did you mean {near[0]}?' if near else ''}")
    return None if zone is None else ZoneInfo(zone).key


def _readable_format(timestamp_format: str | None) -> str | None:
    from qlop.engine import checked_timestamp_format

    return None if timestamp_format is None else checked_timestamp_format(timestamp_format)


TimestampFormat = Annotated[str | None, AfterValidator(_readable_format)]
"""How times are written; refused as a parameter where no time could be read in it."""

Timezone = Annotated[
    str | None,
    AfterValidator(_known_zone),
    Field(description="Zone of times that bear none, and the exchange's, such as America/New_York."),
]
PriceAdjustment = Annotated[
    Literal["raw", "splits", "total_return"], Field(description="What the prices are adjusted for already.")
]
NoCorporateActions = Annotated[
    bool, Field(description="These instruments never pay or split (currencies, futures, price indices).")
]
RateInPercent = Annotated[bool, Field(description="1.5 in the rate column means 1.5 % a year.")]


def as_said(
    values: dict[str, NDArray[np.float64]], *, no_corporate_actions: bool, rate_in_percent: bool
) -> dict[str, NDArray[np.float64]]:
    """Return a panel's columns as the person means those of the source; a volume that is not there is 0.

    A split of 0 says, as vendors do, that there was none: 1.
    """
    import numpy as np

    n_rows = len(values["close"])
    values.setdefault("volume", np.zeros(n_rows))
    if no_corporate_actions:
        values.setdefault("dividend", np.zeros(n_rows))
        values.setdefault("split", np.ones(n_rows))
    if "split" in values:
        values["split"] = np.where(values["split"] == 0.0, 1.0, values["split"])
    return rate_as_fraction(values, in_percent=rate_in_percent)


def rate_as_fraction(values: dict[str, NDArray[np.float64]], *, in_percent: bool) -> dict[str, NDArray[np.float64]]:
    """Return the columns with the rate as a fraction a year."""
    if in_percent and "risk_free_rate_annual" in values:
        values["risk_free_rate_annual"] = values["risk_free_rate_annual"] / 100.0
    return values


def among_held(ticker: str, held: Sequence[str] | Collection[str], *, nothing: str = "none") -> str:
    """Return what a message says after naming a ticker that is not there: the nearest ones, and all (the first 20)."""
    from qlop.engine import ticker_shown

    names = [ticker_shown(name) for name in held]
    near = get_close_matches(ticker, names, n=2, cutoff=0.5)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return f"{hint} All: {', '.join(names[:_MOST_SHOWN]) or nothing}{more}."


def say_padded(access: qlop.DataAccess, origin: str, padded: Collection[str], tickers: Collection[str]) -> None:
    """Say of which tickers white space was taken off, as they stood in the source."""
    found = sorted(name for name in padded if name.strip() in tickers)
    if found:
        more = f" and of {len(found) - 1} more" if len(found) > 1 else ""
        access.log(f"{origin}: white space was taken off around the ticker {found[0][:_LONGEST_PADDED]!r}{more}.")
