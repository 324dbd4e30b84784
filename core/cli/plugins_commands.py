"""`qlop plugins`: list, show, trust."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.options import HomeOption, JsonOption
from core.cli.tables import harmless

if TYPE_CHECKING:
    from core.plugin.plugin_info import PluginInfo

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
    typer.echo("\n\n".join(_kind_block(kind, list(plugins)) for kind, plugins in groupby(found.plugins, _kind_of)))
    for line in found.notices:
        typer.echo(harmless(line), err=True)


@app.command("show")
def show_plugin(
    kind: Annotated[str, typer.Argument(help="models, strategies, data_sources ...")],
    name: Annotated[str, typer.Argument(help="The plugin's name.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one plugin: origin, documentation, parameters."""
    from core.services.plugin_catalog import show_plugin as catalog

    shown = catalog(home, kind, name)
    typer.echo(json.dumps(shown.as_json()) if as_json else shown.as_text())


@app.command("trust")
def trust_folder(folder: Annotated[Path, typer.Argument(help="A folder of plugins, such as .qlop/plugins")]) -> None:
    """Let the plugins of a folder run, as its files stand now."""
    from core.services.plugin_catalog import trust_folder as trust

    for line in trust(folder):
        typer.echo(harmless(line))


def _kind_of(plugin: PluginInfo) -> str:
    return plugin.kind


def _kind_block(kind: str, plugins: Sequence[PluginInfo]) -> str:
    name_width = max(len(plugin.name) for plugin in plugins)
    return "\n".join([kind, *(_plugin_line(plugin, name_width) for plugin in plugins)])


def _plugin_line(plugin: PluginInfo, name_width: int) -> str:
    """Return one line, cut at the terminal's edge; what is not built in or not well says so."""
    remarks = [plugin.origin.shown] if plugin.origin.provider != "qlop" else []
    remarks += [f"{plugin.status.value}: {plugin.problem}"] if plugin.problem else []
    remark = f" [{'; '.join(remarks)}]" if remarks else ""
    line = harmless(f"  {plugin.name:<{name_width}}  {plugin.version:<6} {plugin.summary}{remark}".rstrip())
    width = shutil.get_terminal_size().columns
    return line if plugin.problem or len(line) <= width or not sys.stdout.isatty() else f"{line[: width - 3]}..."
