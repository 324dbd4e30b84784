"""What widgets call when a person changed them: the typed value goes into the form's values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.params_form.place import Place, Unset

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["Decode", "on_typed"]

Decode = Callable[[Any], "JsonValue | Unset"]


def on_typed(place: Place, key: str, decode: Decode) -> dict[str, Any]:
    """Return the arguments that make a widget write what is typed; UNSET takes it away, so that the default holds."""
    return {"on_change": _write, "args": (place, key, decode)}


def _write(place: Place, key: str, decode: Decode) -> None:
    value = decode(st.session_state[key])
    if isinstance(value, Unset):
        place.drop()
    else:
        place.put(value)
