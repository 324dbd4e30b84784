"""`qlop runs watch`: the run console in a terminal."""

from __future__ import annotations

import sys
from typing import Annotated, TextIO, cast

import typer

from core.cli.options import HomeOption
from core.cli.streams import ForgivingStream

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`, the group `qlop runs`."""
    app.command("watch")(watch)


def watch(
    run: Annotated[
        str, typer.Argument(metavar="RUN_ID", help="A run's id, its unique beginning, or 'latest'.")
    ] = "latest",
    home: HomeOption = None,
) -> None:
    """Follow a run as it goes, and end with its exit code."""
    from core.cli.watch_console import open_watch_console
    from core.services.watch_run import watch_run
    from core.services.workbench import open_workbench

    workbench = open_workbench(home)
    with open_watch_console(cast("TextIO", ForgivingStream(sys.stdout, forgives=OSError))) as console:
        watched = watch_run(workbench, run, tell=console.remark)
        console.remark(f"Watching run {watched.run_id}; Ctrl-C stops watching, and the run goes on.")
        try:
            for event in watched:
                console.show(event)
        except KeyboardInterrupt:
            console.remark(f"Watching has stopped; the run goes on. Again: qlop runs watch {watched.run_id}")
            raise typer.Exit(0) from None
    raise typer.Exit(watched.exit_code)
