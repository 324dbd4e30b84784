"""The command `qlop`: its groups, and how errors leave it.

Exit codes: 0 done, 1 the run failed, 2 wrong config or usage, 130 cancelled.
"""

from __future__ import annotations

import sys

import typer

from core.base.errors import QlopError
from core.cli import doctor_command, plugins_commands, run_commands, runs_commands

__all__ = ["app", "main"]

app = typer.Typer(
    name="qlop",
    help="Is a leveraged position worth taking here, net of financing and of the risk of a margin call?",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
run_commands.register(app)
doctor_command.register(app)
app.add_typer(plugins_commands.app, name="plugins")
app.add_typer(runs_commands.app, name="runs")


@app.callback(invoke_without_command=True)
def _qlop(
    ctx: typer.Context, show_version: bool = typer.Option(False, "--version", help="Print the version and exit.")
) -> None:
    if show_version:
        from importlib.metadata import version

        typer.echo(f"qlop {version('qlop')}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        app()
    except QlopError as error:
        typer.echo(f"qlop: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("qlop: cancelled", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output went away (`qlop runs list | head`); there is nobody left to tell.
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
