"""A page with nothing but the console, which counts how often it ran as a whole."""

import streamlit as st

from core.services.workbench import open_workbench
from core.ui.run_console import run_console

st.session_state["runs"] = st.session_state.get("runs", 0) + 1
st.text(f"The page ran {st.session_state['runs']} times.")
run_console(open_workbench(), st.query_params["run"], key="console")
if "twice" in st.query_params:
    run_console(open_workbench(), st.query_params["run"], key="second-console")
