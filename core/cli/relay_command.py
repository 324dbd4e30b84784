"""`qlop relay`: serve the live events of a home's runs."""

from __future__ import annotations

from typing import Annotated

import typer

from core.cli.options import HomeOption

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("relay")(relay)


def relay(
    home: HomeOption = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; other than a loopback one, others can reach it.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="Port; 0 is any free one. Default: the setting relay.port."),
    ] = None,
    stop_when_idle_s: Annotated[
        float | None, typer.Option("--stop-when-idle-s", min=1, help="Stop once nobody was connected for so long.")
    ] = None,
) -> None:
    """Serve the live events of runs until Ctrl-C. `qlop ui` and the dashboard start one by themselves."""
    from core.services.relay_server import serve_relay
    from core.services.workbench import open_workbench

    workbench = open_workbench(home)
    chosen = workbench.settings.relay.port if port is None else port
    serve_relay(workbench, host, chosen, tell=typer.echo, stop_when_idle_s=stop_when_idle_s)
