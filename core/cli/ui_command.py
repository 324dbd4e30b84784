"""`qlop ui`: the dashboard in the browser."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from core.cli.options import HomeOption

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("ui")(ui)


def ui(
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The dashboard's port.")] = 8501,
    relay_port: Annotated[
        int | None,
        typer.Option("--relay-port", min=1, max=65535, help="The relay's port; else relay.port, or a free one."),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Start the demo run where the home has no runs yet.")] = False,
    open_browser: Annotated[
        bool | None,
        typer.Option("--open/--no-open", help="Open the browser; else only from a terminal with a desktop."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Serve the dashboard, and the relay beside it, until Ctrl-C."""
    from core.services.dashboard import DashboardPlan, run_dashboard
    from core.services.workbench import open_workbench

    workbench = open_workbench(home)
    plan = DashboardPlan(port, relay_port, with_demo=demo)

    def announce() -> None:
        typer.echo(f"QLOP is at {plan.url} (home: {workbench.home.path}). Ctrl-C ends it; runs go on.")
        if plan.is_reachable_from_elsewhere:
            typer.echo(
                f"qlop: It listens on {plan.address}: without a login whoever reaches the port can start and read "
                "runs. See docs/login.md.",
                err=True,
            )
        if _has_desktop() if open_browser is None else open_browser:
            import webbrowser

            webbrowser.open(plan.url)

    run_dashboard(workbench, plan, tell=lambda sentence: typer.echo(f"qlop: {sentence}", err=True), on_answer=announce)


def _has_desktop() -> bool:
    if sys.stdout is None or not sys.stdout.isatty():
        return False
    return sys.platform in {"darwin", "win32"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
