"""`qlop plugins`: list, show, new, check, trust."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.base.errors import UsageError
from core.cli.options import HomeOption, JsonOption
from core.cli.tables import harmless, harmless_lines

if TYPE_CHECKING:
    from core.plugin.plugin_info import PluginInfo

__all__ = ["app"]

app = typer.Typer(
    help="What can be picked: list, show, new, check, trust.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
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
    typer.echo(json.dumps(shown.as_json()) if as_json else harmless_lines(shown.as_text()))


@app.command("new")
def new_plugin(
    kind: Annotated[str, typer.Argument(help="models, strategies, data_sources ...")],
    name: Annotated[str, typer.Argument(help="What configs will call it: small letters, digits, underscores.")],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Folder of plugins; left out: plugins/ of the home folder.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Write a plugin that works as it stands, to make your own."""
    from core.services.scaffold import write_scaffold
    from core.services.workbench import open_workbench

    made = write_scaffold(open_workbench(home), kind, name, folder)
    typer.echo(harmless(f"{made.path} is written, with the class {made.class_name}."))
    for line in made.next_steps:
        typer.echo(harmless(line))


@app.command("check")
def check_plugin(
    kind: Annotated[str, typer.Argument(help="models, strategies, data_sources ...")],
    name: Annotated[str, typer.Argument(help="The plugin's name.")],
    params: Annotated[str, typer.Option("--params", help="Its parameters as a JSON object.")] = "{}",
    home: HomeOption = None,
) -> None:
    """Hold a plugin against its contract (1: a promise is not kept)."""
    from core.services.conformance import check_against_contract
    from core.services.workbench import open_workbench

    found = check_against_contract(open_workbench(home), kind, name, _object(params))
    for test in found.tests:
        typer.echo(f"{'kept  ' if test.is_kept else 'BROKEN'}  {harmless(test.sentence)}")
        if test.detail:
            typer.echo(harmless(test.detail), err=True)
    typer.echo(harmless(found.in_words))
    if found.verdict != "kept":
        raise typer.Exit(1)


@app.command("trust")
def trust_folder(folder: Annotated[Path, typer.Argument(help="A folder of plugins, such as .qlop/plugins")]) -> None:
    """Let the plugins of a folder run, as its files stand now."""
    from core.services.plugin_catalog import trust_folder as trust

    for line in trust(folder):
        typer.echo(harmless(line))


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--params is {text!r}, no JSON: {error}. Write it as '{{\"field\": 1}}'.") from error
    if not isinstance(value, dict):
        raise UsageError(f"--params is {text!r}; it must be a JSON object such as '{{\"field\": 1}}'.")
    return value


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
