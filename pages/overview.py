"""Overview: what runs now, what ran last, how new the data are, and whether everything is well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.services.health import Health, plugin_health, relay_health, store_health
from core.services.newest_data import NewestData, newest_data
from core.services.presets import preset_config
from core.services.submit_run import submit_run
from core.services.workbench import Workbench, open_workbench
from core.ui.catalog import all_plugins, plugin_registry
from core.ui.latest_runs import draw_latest_runs
from core.ui.navigation import go_to
from core.ui.one_start import may_start_again, start_once
from core.ui.plain_text import monospace, problems_shown, quiet
from core.ui.run_listing import latest_with_equity
from core.ui.running_panel import running_panel
from core.ui.waiting import emptied_on_error, waiting_boxes
from core.ui.watching import redraw_on_change

if TYPE_CHECKING:
    import pandas as pd
    from streamlit.delta_generator import DeltaGenerator

LATEST = 8
DEMO = "leverage_opportunity"
CHOSEN = "overview-chosen"
DRAWN = "overview-drawn"


def main() -> None:
    """Draw the screen."""
    st.title("Overview", anchor=False)
    if chosen := st.session_state.pop(CHOSEN, None):
        go_to("run", run=chosen)
    with problems_shown("The overview cannot be drawn"):
        runs, health = st.empty(), st.empty()
        if DRAWN not in st.session_state:
            _sketch(runs, health)
        with emptied_on_error(health):
            with emptied_on_error(runs):
                workbench = open_workbench()
                latest, newest = latest_with_equity(workbench, LATEST), newest_data(workbench)
            with runs.container():
                if latest.empty:
                    _offer_demo(workbench)
                    # Somebody may start the first run elsewhere, as by the command that stands here.
                    redraw_on_change(lambda: latest_with_equity(workbench, 1).empty, seen=True)
                else:
                    _draw_runs(workbench, latest, newest)
            parts = _health(workbench)
        with health.container():
            _draw_health(parts)
        st.session_state[DRAWN] = True


def _sketch(runs: DeltaGenerator, health: DeltaGenerator) -> None:
    """Give the page its shape: a server that has just started takes a second to read what stands there."""
    with runs.container():
        waiting_boxes(70, 330, 70)
    with health.container():
        waiting_boxes(140)


def _offer_demo(workbench: Workbench) -> None:
    with st.container(border=True):
        st.subheader("Is a leveraged position worth taking here?", anchor=False)
        st.markdown(
            "The demo asks it of real daily prices that travel with QLOP: it trains a model by walk-forward, backtests "
            "its predictions at up to twice the equity, net of costs and of margin calls, and compares them with "
            "simple rules. It takes about half a minute."
        )
        if st.button("Run the demo", icon=":material/play_arrow:", type="primary"):
            with problems_shown("The demo was not started"):
                registry = plugin_registry(workbench)
                go_to("run", run=start_once(DEMO, lambda: submit_run(workbench, preset_config(DEMO), registry)))
        else:
            may_start_again(DEMO)
        st.markdown("The same from the command line:")
        monospace("qlop demo", language="bash")


def _draw_runs(workbench: Workbench, latest: pd.DataFrame, found: NewestData | None) -> None:
    st.subheader("Running now", anchor=False)
    running_panel(workbench)
    st.subheader("Latest runs", anchor=False)
    draw_latest_runs(latest, choose=_choose)
    if found is not None:
        st.subheader("Newest data", anchor=False)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(found.in_words)
            if st.button("Look at the data", icon=":material/database:"):
                go_to("data")


def _choose(run_id: str) -> None:
    # A page may not be left from within a callback; the drawing that follows leaves it.
    st.session_state[CHOSEN] = run_id


def _health(workbench: Workbench) -> list[tuple[Health, str]]:
    relay, store = relay_health(workbench), store_health(workbench)
    return [(relay, "system"), (store, "system"), (plugin_health(all_plugins(workbench)), "plugins")]


def _draw_health(parts: list[tuple[Health, str]]) -> None:
    st.subheader("Health", anchor=False)
    with st.container(horizontal=True, gap="small"):
        for health, page in parts:
            _draw_part(health, page)


def _draw_part(health: Health, page: str) -> None:
    with st.container(border=True, width=285):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            icon, color = (":material/check_circle:", "green") if health.is_well else (":material/info:", "orange")
            st.badge(health.subject, icon=icon, color=color)
            if st.button("Open", key=f"open-{health.subject}", type="tertiary"):
                go_to(page)
        quiet(health.text, f"health-{health.subject}")


main()
