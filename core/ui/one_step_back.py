"""One press of the browser's Back leads to the screen before, not to an address that no screen was drawn at.

A screen that leads to another one gives it the address's parameters, and Streamlit writes two entries of the history
for that: the old screen with the new parameters, then the new screen. The second takes the first one's place here.
"""

from __future__ import annotations

import streamlit as st

__all__ = ["keep_one_step_back"]

# A screen that is chosen in the navigation has no parameters at first: only a screen that leads to another one leaves
# the same ones under two paths.
_SCRIPT = """<script>
if (!window.qlopHasOneStepBack) {
  window.qlopHasOneStepBack = true;
  const push = history.pushState.bind(history);
  history.pushState = (state, unused, address) => {
    const from = window.location, to = new URL(address ?? from.href, from.href);
    const isSecond = to.search !== "" && to.search === from.search && to.pathname !== from.pathname;
    if (isSecond) history.replaceState(state, unused, address);
    else push(state, unused, address);
  };
}
</script>"""


def keep_one_step_back() -> None:
    """Add the script to the page; it takes up no room and acts once."""
    st.html(_SCRIPT, unsafe_allow_javascript=True)
