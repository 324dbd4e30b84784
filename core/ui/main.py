"""The dashboard's entry script: the navigation over the screens."""

from __future__ import annotations

import streamlit as st

from core.ui.brand import icon, wordmark
from core.ui.login import is_let_in
from core.ui.navigation import grouped_pages
from core.ui.one_step_back import keep_one_step_back
from core.ui.page_title import name_tab
from core.ui.settled_objects import settle_what_was_imported
from core.ui.style import apply_style
from core.ui.waiting import told_in_view
from core.ui.warm_up import warm_up_once
from core.ui.window_width import watch_width


def main() -> None:
    """Draw the chosen screen."""
    settle_what_was_imported()
    st.set_page_config(page_title="QLOP", page_icon=icon(), layout="wide", initial_sidebar_state=220)
    st.logo(wordmark(), icon_image=icon())
    apply_style()
    # Before any screen is known: an address that is the first request after the server's start meets this too.
    if is_let_in():
        keep_one_step_back()
        page = st.navigation(grouped_pages(), expanded=True)
        name_tab(page.title)
        # After the navigation: a window that speaks before knows not yet which screen it shows.
        watch_width()
        with told_in_view("Waiting for the home folder"):
            page.run()
        warm_up_once()


main()
