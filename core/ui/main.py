"""The dashboard's entry script: navigation over the screens in pages/.

A new screen is one file in pages/ and one line here.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.ui.brand import icon, wordmark
from core.ui.style import apply_style

_PAGES = Path(__file__).resolve().parents[2] / "pages"


def main() -> None:
    """Draw the chosen screen."""
    st.set_page_config(page_title="QLOP", page_icon=icon(), layout="wide", initial_sidebar_state=220)
    st.logo(wordmark(), icon_image=icon())
    apply_style()
    navigation = st.navigation(
        {
            "Results": [st.Page(_PAGES / "runs.py", title="Runs", icon=":material/history:", default=True)],
            "Workbench": [st.Page(_PAGES / "plugins.py", title="Plugins", icon=":material/extension:")],
        }
    )
    navigation.run()


main()
