"""System: settings and where they come from, the relay, processes, disk, caches, versions, and what is not well."""

from __future__ import annotations

import streamlit as st

from core.services.disk_use import DiskUse, disk_use
from core.services.doctor import examine
from core.services.health import relay_health
from core.services.machine_load import machine_load, process_loads
from core.services.settings_origins import shown_settings
from core.services.system_alerts import disk_alerts, index_alerts, plugin_alerts, relay_alerts
from core.services.unfinished_runs import unfinished_runs
from core.services.versions import installed_versions
from core.services.workbench import Workbench, open_workbench
from core.ui.catalog import all_plugins, plugin_registry
from core.ui.disk_table import disk_table
from core.ui.plain_text import problems_shown, quiet
from core.ui.system_view import draw_alerts, draw_findings, draw_machine, draw_processes, draw_settings

# Counting the files of thousands of runs takes a second.
COUNTED_FOR_S = 60


def main() -> None:
    """Draw the screen."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title("System", anchor=False)
        st.button("Look again", icon=":material/refresh:", on_click=_counted.clear)
    with problems_shown("The system cannot be shown"):
        workbench = open_workbench()
        use = _counted(str(workbench.home.path), workbench)
        with problems_shown("Not everything could be looked at"):
            plugins = all_plugins(workbench)
            alerts = (disk_alerts(use), plugin_alerts(plugins), relay_alerts(workbench), index_alerts(workbench))
            draw_alerts([alert for group in alerts for alert in group])
        draw_machine(machine_load(), use.free_bytes, use.total_bytes)
        tabs = st.tabs(
            ["Settings", "Relay and processes", "Disk and caches", "Installation"], key="tab", bind="query-params"
        )
        for tab, draw in zip(tabs, (_settings, _processes, _disk, _installation), strict=True):
            with tab, problems_shown("This cannot be shown"):
                draw(workbench, use)


def _settings(workbench: Workbench, _use: DiskUse) -> None:
    draw_settings(shown_settings(workbench))
    st.caption("Change a file's setting in settings.yaml of the home folder. A variable counts more than the file.")


def _processes(workbench: Workbench, _use: DiskUse) -> None:
    relay = relay_health(workbench)
    quiet(f"Relay: {relay.text}", "relay")
    draw_processes(process_loads(workbench, [run.run_id for run in unfinished_runs(workbench)]))


def _disk(workbench: Workbench, use: DiskUse) -> None:
    disk_table(use)
    registry = plugin_registry(workbench)
    looked_at = registry.remembered + registry.scanned
    if looked_at:
        share = registry.remembered / looked_at
        quiet(
            f"Plugin scans: at the last look {registry.remembered:,} of {looked_at:,} modules came from the cache "
            f"({share:.0%}); {registry.scanned:,} were imported in a process of their own.",
            "scan-cache",
        )
    st.caption("Prices are not cached: each run asks its source.")


def _installation(workbench: Workbench, _use: DiskUse) -> None:
    draw_findings(examine(workbench.home.path))
    quiet("  ·  ".join(f"{name} {version}" for name, version in installed_versions()), "versions")


@st.cache_data(ttl=COUNTED_FOR_S, show_spinner="Counting files")
def _counted(place: str, _workbench: Workbench) -> DiskUse:  # noqa: ARG001 - part of the key
    return disk_use(_workbench)


main()
