"""The dashboard's launcher: `streamlit run app.py`, or `python app.py`.

Only a launcher: a `pages/` folder beside a Streamlit entry script would be served without it (legacy pages), past
anything that the script guards. The entry script therefore lies in core/ui. `qlop ui` starts the relay beside it;
here it is started on first need.
"""

from __future__ import annotations

import sys

import streamlit as st
from streamlit.web.cli import main as streamlit

from core.ui.server import ENTRY_SCRIPT, lifespan, middleware, routes

# Streamlit knows a server by this very assignment.
app = st.App(ENTRY_SCRIPT, routes=routes(), middleware=middleware(), lifespan=lifespan)

if __name__ == "__main__":
    # `streamlit run` itself: `app.run()` would read neither its options nor the STREAMLIT_... variables.
    streamlit(["run", __file__, *sys.argv[1:]], prog_name="streamlit")
