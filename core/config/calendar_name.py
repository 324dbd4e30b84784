"""Names of exchange calendars, such as XNYS (New York): the market identifier codes of ISO 10383, and aliases."""

from __future__ import annotations

from difflib import get_close_matches

__all__ = ["check_calendar_name"]


def check_calendar_name(name: str) -> str:
    """Return the name of a calendar that is known.

    Raises
    ------
    ValueError
        If there is none of that name; the message has the nearest ones.
    """
    from exchange_calendars import get_calendar_names  # type: ignore[import-untyped]

    known = get_calendar_names()
    if name in known:
        return name
    near = get_close_matches(name.upper(), known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "names are ISO 10383 codes, such as XNYS, XLON or XTKS."
    raise ValueError(f"there is no exchange calendar {name!r}; {hint}")
