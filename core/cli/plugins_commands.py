"""`qlop plugins`: list, show, trust."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from core.cli.options import HomeOption, JsonOption
from core.cli.tables import format_table, harmless

__all__ = ["app"]

app = typer.Typer(
    help="What can be picked: list, show, trust.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)


@app.command("list")
def list_plugins(
    kind: Annotated[str | None, typer.Argument(help="models, strategies ...; left out: all kinds.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List every plugin found, broken ones with their error."""
    from core.services.plugin_catalog import list_plugins as catalog

    found = catalog(home, kind)
    if as_json:
        typer.echo(json.dumps(found.as_json()))
        return
    rows = [(p.kind, p.name, p.version, p.origin.shown, p.status.value, p.summary) for p in found.plugins]
    typer.echo(format_table(("kind", "name", "version", "origin", "status", "description"), rows))
    for line in found.notices:
        typer.echo(harmless(line), err=True)


@app.command("show")
def show_plugin(
    kind: Annotated[str, typer.Argument(help="models, strategies, data_sources ...")],
    name: Annotated[str, typer.Argument(help="The plugin's name.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one plugin: origin, documentation, parameters with defaults and bounds."""
    from core.services.plugin_catalog import show_plugin as catalog

    shown = catalog(home, kind, name)
    typer.echo(json.dumps(shown.as_json()) if as_json else shown.as_text())


@app.command("trust")
def trust_folder(folder: Annotated[Path, typer.Argument(help="A folder of plugins, such as .qlop/plugins")]) -> None:
    """Let the plugins of a folder run, as its files stand now."""
    from core.services.plugin_catalog import trust_folder as trust

    for line in trust(folder):
        typer.echo(harmless(line))
