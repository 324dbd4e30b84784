"""What is chosen on a screen, kept in the address, so that the address brings another person to the same view.

Streamlit drops the address's parameters when a person goes to another screen of the dashboard and back; the session
remembers them meanwhile.
"""

from __future__ import annotations

import streamlit as st

__all__ = ["chosen_in_address", "keep_in_address", "remember"]


def chosen_in_address(parameter: str) -> str | None:
    """Return what the address's `parameter` names, else what this session chose last, else None."""
    value = st.query_params.get(parameter) or st.session_state.get(_memory(parameter))
    if value:
        keep_in_address(parameter, str(value))
    return str(value) if value else None


def keep_in_address(parameter: str, value: str) -> None:
    """Write `value` into the address and into the session."""
    remember(parameter, value)
    if st.query_params.get(parameter) != value:
        st.query_params[parameter] = value


def remember(parameter: str, value: str) -> None:
    """Have this session's next screen that asks for `parameter` find `value`, though no address bears it."""
    st.session_state[_memory(parameter)] = value


def _memory(parameter: str) -> str:
    return f"chosen-{parameter}"
