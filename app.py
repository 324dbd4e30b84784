"""The dashboard's launcher: `streamlit run app.py`, or `python app.py`.

Only a launcher: a `pages/` folder beside a Streamlit entry script would be served without it (legacy pages), past
anything that the script guards. The entry script therefore lies in core/ui.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit.web.cli import main as streamlit

if TYPE_CHECKING:
    from starlette.requests import Request


async def health(_request: Request) -> JSONResponse:
    """Answer that the dashboard's server lives."""
    return JSONResponse({"status": "ok"})


app = st.App(Path(__file__).resolve().parent / "core" / "ui" / "main.py", routes=[Route("/api/health", health)])

if __name__ == "__main__":
    # `streamlit run` itself: `app.run()` would read neither its options nor the STREAMLIT_... variables.
    streamlit(["run", __file__, *sys.argv[1:]], prog_name="streamlit")
