"""Days, times of day, moments and lengths of time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.params_form.durations import UNITS, amount_and_unit, iso_duration, seconds_of
from core.ui.params_form.field import Field
from core.ui.params_form.place import UNSET, Place, Unset
from core.ui.params_form.timestamps import (
    FIRST_DAY,
    LAST_DAY,
    NO_ZONE,
    UTC_ZONE,
    iso_datetime,
    read_date,
    read_datetime,
    read_time,
    zone_of,
)
from core.ui.params_form.widget_state import on_typed

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["draw_date", "draw_datetime", "draw_duration", "draw_time"]

_MINUTE = timedelta(minutes=1)


def draw_date(field: Field) -> None:
    """Draw a day by the calendar."""
    key = field.filled(None if isinstance(field.shown, Unset) else read_date(field.shown))
    limits: dict[str, Any] = {"min_value": FIRST_DAY, "max_value": LAST_DAY}
    typed = on_typed(field.place, key, _iso)
    st.date_input(value=None, key=key, format="YYYY-MM-DD", **limits, **field.words, **typed)


def draw_time(field: Field) -> None:
    """Draw a time of day."""
    key = field.filled(None if isinstance(field.shown, Unset) else read_time(field.shown))
    st.time_input(value=None, key=key, step=_MINUTE, **field.words, **on_typed(field.place, key, _iso))


def draw_datetime(field: Field) -> None:
    """Draw a moment: the calendar with the time of day, and the zone beside it."""
    moment = None if isinstance(field.shown, Unset) else read_datetime(field.shown)
    zone = UTC_ZONE if moment is None else zone_of(moment)
    key = field.filled(moment and moment.replace(tzinfo=None))
    zone_key = field.filled(zone, "zone")
    typed: dict[str, Any] = {"on_change": _write_moment, "args": (field.place, key, zone_key)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        limits: dict[str, Any] = {
            "min_value": datetime.combine(FIRST_DAY, time()),
            "max_value": datetime.combine(LAST_DAY, time()),
        }
        st.datetime_input(value=None, key=key, format="YYYY-MM-DD", step=_MINUTE, **limits, **field.words, **typed)
        st.selectbox(
            f"Zone of {field.words['label']}",
            list(dict.fromkeys([UTC_ZONE, NO_ZONE, zone])),
            index=None,
            key=zone_key,
            accept_new_options=True,
            label_visibility="collapsed",
            width=120,
            disabled=field.is_disabled,
            **typed,
        )


def draw_duration(field: Field) -> None:
    """Draw a length of time as a number and its unit."""
    seconds = None if isinstance(field.shown, Unset) else seconds_of(field.shown)
    amount, unit = (None, "days") if seconds is None else amount_and_unit(seconds)
    key, unit_key = field.filled(amount), field.filled(unit, "unit")
    typed: dict[str, Any] = {"on_change": _write_duration, "args": (field.place, key, unit_key)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(value=None, key=key, step=1.0, format="%g", **field.words, **typed)
        st.selectbox(
            f"Unit of {field.words['label']}",
            list(UNITS),
            index=None,
            key=unit_key,
            label_visibility="collapsed",
            width=130,
            disabled=field.is_disabled,
            **typed,
        )


def _iso(value: date | time | None) -> JsonValue | Unset:
    return UNSET if value is None else value.isoformat()


def _write_moment(place: Place, key: str, zone_key: str) -> None:
    moment = st.session_state[key]
    if moment is None:
        place.drop()
    else:
        place.put(iso_datetime(_with_seconds(moment, place), st.session_state[zone_key] or NO_ZONE))


def _with_seconds(moment: datetime, place: Place) -> datetime:
    """Return the moment that was there if the widget shows its minute: it knows no seconds."""
    typed = place.get()
    before = place.seed if isinstance(typed, Unset) else typed
    held = None if isinstance(before, Unset) else read_datetime(before)
    naive = held and held.replace(tzinfo=None)
    return naive if naive and naive.replace(second=0, microsecond=0) == moment.replace(second=0) else moment


def _write_duration(place: Place, key: str, unit_key: str) -> None:
    amount, unit = st.session_state[key], st.session_state[unit_key]
    if amount is None or unit is None:
        place.drop()
    elif (text := iso_duration(amount, unit)) is None:
        place.refuse(f"{amount:g} {unit} are longer than a length of time can be; what was there before holds.")
    else:
        place.put(text)
