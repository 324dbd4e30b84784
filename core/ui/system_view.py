"""Settings, processes, versions and alerts, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.ui.plain_text import notice, problem
from core.ui.running_panel import duration_in_words
from core.ui.tables import reading_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.services.doctor import Finding
    from core.services.machine_load import MachineLoad, ProcessLoad
    from core.services.settings_origins import SettingShown
    from core.services.system_alerts import Alert

__all__ = ["draw_alerts", "draw_findings", "draw_machine", "draw_processes", "draw_settings"]

_GIB = 1024**3
_TILE_WIDTH = 200


def draw_alerts(alerts: Sequence[Alert]) -> None:
    """Draw what is not as it should be."""
    if not alerts:
        st.badge("All is well", icon=":material/check_circle:", color="green")
    for alert in alerts:
        (problem if alert.level == "warning" else notice)(alert.subject, alert.text)


def draw_machine(load: MachineLoad, free_bytes: int, total_bytes: int) -> None:
    """Draw how busy the machine is."""
    with st.container(horizontal=True):
        used = f"{load.memory_used_bytes / _GIB:,.1f} of {load.memory_total_bytes / _GIB:,.1f} GiB"
        st.metric("Memory used", used, border=True, width=_TILE_WIDTH)
        st.metric("Load, 1 minute", f"{load.load_1_min:,.2f}", border=True, width=_TILE_WIDTH)
        st.metric("Cores for QLOP", f"{load.cores_for_us} of {load.cores}", border=True, width=_TILE_WIDTH)
        free = f"{free_bytes / _GIB:,.1f} of {total_bytes / _GIB:,.1f} GiB"
        st.metric("Disk free", free, border=True, width=_TILE_WIDTH)


def draw_processes(loads: Sequence[ProcessLoad]) -> None:
    """Draw the dashboard's process, the relay's and those of runs."""
    import pandas as pd

    rows = [
        (load.name, load.pid, duration_in_words(load.age_s), load.cpu_s, load.n_threads, load.memory_bytes)
        for load in loads
    ]
    table = pd.DataFrame(rows, columns=["name", "pid", "age", "cpu_s", "n_threads", "memory_bytes"])
    config = st.column_config
    columns = {
        "name": config.TextColumn("Process"),
        "pid": config.NumberColumn("Pid", format="%d", width=80),
        "age": config.TextColumn("Up for", width=110),
        "cpu_s": config.NumberColumn("CPU time", format="%.1f s", width=90),
        "n_threads": config.NumberColumn("Threads", format="%d", width=80),
        "memory_bytes": config.NumberColumn("Memory", format="bytes", width=90),
    }
    reading_table(table, columns=columns, name="Processes")


def draw_settings(settings: Sequence[SettingShown]) -> None:
    """Draw each setting, its value and who says so."""
    import pandas as pd

    rows = [(setting.name, setting.value, setting.origin) for setting in settings]
    table = pd.DataFrame(rows, columns=["name", "value", "origin"], dtype="str")
    config = st.column_config
    columns = {
        "name": config.TextColumn("Setting", width=180),
        "value": config.TextColumn("Value", width="medium"),
        "origin": config.TextColumn("Comes from", width="medium"),
    }
    reading_table(table, columns=columns, name="Settings")


def draw_findings(findings: Sequence[Finding]) -> None:
    """Draw what an examination of the installation found."""
    import pandas as pd

    rows = [(found.status, found.subject, found.found, found.next_step) for found in findings]
    table = pd.DataFrame(rows, columns=["status", "subject", "found", "next_step"], dtype="str")
    config = st.column_config
    columns = {
        "status": config.TextColumn("Status", width=70),
        "subject": config.TextColumn("What", width=130),
        "found": config.TextColumn("Found", width="large"),
        "next_step": config.TextColumn("Next step", width="medium"),
    }
    reading_table(table, columns=columns, name="Installation")
