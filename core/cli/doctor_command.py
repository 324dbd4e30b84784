"""`qlop doctor`: whether this installation can work, and what to do where it cannot."""

from __future__ import annotations

import json

import typer

from core.cli.options import HomeOption, JsonOption
from core.cli.tables import format_table

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("doctor")(doctor)


def doctor(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Check the installation, the home, the store and the plugins."""
    from core.services.doctor import examine

    findings = examine(home)
    if as_json:
        typer.echo(json.dumps([finding.as_json() for finding in findings]))
    else:
        rows = [(finding.status, finding.subject, finding.found, finding.next_step) for finding in findings]
        typer.echo(format_table(("", "what", "found", "next step"), rows))
    raise typer.Exit(1 if any(finding.status == "fails" for finding in findings) else 0)
