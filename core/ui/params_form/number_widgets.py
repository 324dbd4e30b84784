"""Numbers: a slider where both ends are near, else a box."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.params_form.field import Field
from core.ui.params_form.field_words import placeholder_of
from core.ui.params_form.place import UNSET, Unset
from core.ui.params_form.widget_state import on_typed

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["draw_integer", "draw_number"]

# Beyond it, browsers no longer tell neighbouring whole numbers apart.
_LARGEST_SAFE = 2**53 - 1
_LONGEST_INTEGER_SLIDER = 50
_LONGEST_NUMBER_SLIDER = 1.0
_SLIDER_STEPS = 100
_FEWEST_STEPS = 3


def draw_integer(field: Field) -> None:
    """Draw a whole number: as text where a browser would round it."""
    least, most = _bounds(field)
    value = None if isinstance(field.shown, Unset) else int(field.shown)  # type: ignore[arg-type]
    if value is not None and _is_slider(field, value, _LONGEST_INTEGER_SLIDER):
        _slider(field, value, int(least or 0), int(most or 0), int(field.schema.get("step", 1)))
    elif _is_safe(value, least, most):
        _box(field, value, step=int(field.schema.get("multipleOf") or field.schema.get("step", 1)), format_="%d")
    else:
        _digits(field)


def draw_number(field: Field) -> None:
    """Draw a number; its box shows every digit."""
    least, most = _bounds(field)
    value = None if isinstance(field.shown, Unset) else float(field.shown)  # type: ignore[arg-type]
    if value is not None and _is_slider(field, value, _LONGEST_NUMBER_SLIDER):
        low, high = float(least or 0.0), float(most or 0.0)
        _slider(field, value, low, high, float(field.schema.get("step", (high - low) / _SLIDER_STEPS)))
    else:
        _box(field, value, step=_step(field, value), format_="%g")


def _slider(field: Field, value: float, least: float, most: float, step: float) -> None:
    # Its first value goes along as the default, not by the session's state: a browser that draws twice at once may
    # miss the state's one, and would show the least.
    key = field.key()
    words: dict[str, Any] = {"min_value": least, "max_value": most, "value": value, "step": step}
    st.slider(key=key, **words, **field.words, **on_typed(field.place, key, _as_typed))


def _box(field: Field, value: float | None, *, step: float, format_: str) -> None:
    key = field.filled(value)
    # No bounds here: the browser would keep a number outside them to itself, and the run would start with the one
    # before. Pydantic refuses it in words, next to the field.
    st.number_input(
        key=key,
        value=None,
        step=step,
        format=format_,
        placeholder=placeholder_of(field.schema, field.default, is_required=field.is_required),
        **field.words,
        **on_typed(field.place, key, _as_typed),
    )


def _digits(field: Field) -> None:
    value = field.value
    key = field.filled("" if isinstance(value, Unset) else str(value))
    placeholder = placeholder_of(field.schema, field.default, is_required=field.is_required) or "a whole number"
    st.text_input(key=key, placeholder=placeholder, **field.words, **on_typed(field.place, key, _whole))


def _bounds(field: Field) -> tuple[float | None, float | None]:
    return field.schema.get("minimum"), field.schema.get("maximum")


def _is_slider(field: Field, value: float, longest: float) -> bool:
    """Whether a slider can show the value and reach what a person would want."""
    least, most = _bounds(field)
    hint = field.schema.get("widget")
    if hint == "number" or least is None or most is None or not least <= value <= most:
        return False
    step = field.schema.get("step", 1 if field.kind == "integer" else (most - least) / _SLIDER_STEPS)
    if not most - least >= _FEWEST_STEPS * step > 0:
        return False
    is_on_grid = math.isclose((value - least) / step, round((value - least) / step), abs_tol=1e-9)
    return is_on_grid and (hint == "slider" or most - least <= longest)


def _is_safe(value: int | None, least: float | None, most: float | None) -> bool:
    """Whether a browser's number holds every value that may be typed."""
    if most is None or most > _LARGEST_SAFE or (least is not None and least < -_LARGEST_SAFE):
        return False
    return value is None or abs(value) <= _LARGEST_SAFE


def _step(field: Field, value: float | None) -> float:
    """Return a tenth of the magnitude of the value or of its range, so that the buttons move it visibly."""
    if given := field.schema.get("step") or field.schema.get("multipleOf"):
        return float(given)
    least, most = _bounds(field)
    span = math.inf if least is None or most is None or least == most else most - least
    size = min(abs(value) if value and math.isfinite(value) else 1.0, span)
    return float(10.0 ** max(math.floor(math.log10(size)) - 1, -12))


def _as_typed(number: float | None) -> JsonValue | Unset:
    return UNSET if number is None else number


def _whole(text: str) -> JsonValue | Unset:
    """Return the number; any other text as it is, which pydantic refuses in words."""
    plain = text.strip().replace(",", "").replace("_", "")
    if not plain:
        return UNSET
    return int(plain) if re.fullmatch(r"[+-]?[0-9]{1,4000}", plain) else text
