"""The commands of `qlop`, and how errors leave them.

Exit codes: 0 done, 1 the run failed, 2 wrong config or usage, 130 cancelled.
"""

from __future__ import annotations

import sys
from traceback import format_exception

import typer

from core.base.clear_passwords import without_passwords
from core.base.errors import QlopError
from core.cli import (
    doctor_command,
    plugins_commands,
    predict_command,
    relay_command,
    run_commands,
    runs_commands,
    ui_command,
)
from core.cli.interruption import was_interrupted
from core.cli.streams import ForgivingStream
from core.cli.tables import harmless_lines

__all__ = ["app", "call"]

app = typer.Typer(
    name="qlop",
    help="Is a leveraged position worth taking here, net of financing and of the risk of a margin call?",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
run_commands.register(app)
predict_command.register(app)
doctor_command.register(app)
ui_command.register(app)
relay_command.register(app)
app.add_typer(plugins_commands.app, name="plugins")
app.add_typer(runs_commands.app, name="runs", short_help="Runs: list, show, cancel, rerun, compare and more.")


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


def call() -> None:
    """Run the command line and raise SystemExit with its exit code."""
    # The reader of our output may go away (`qlop demo | head`): what was begun goes on, and nobody is told.
    if sys.stdout is not None:
        sys.stdout = ForgivingStream(sys.stdout, forgives=BrokenPipeError)
    if sys.stderr is not None:
        sys.stderr = ForgivingStream(sys.stderr, forgives=OSError)
    try:
        app(prog_name="qlop")
    except Exception as error:  # noqa: BLE001 - the last to hear of it; a traceback of Python's own would show passwords
        if was_interrupted():
            raise KeyboardInterrupt from None
        sys.exit(_told(error))


def _told(error: Exception) -> int:
    """Tell an error, and return the exit code."""
    if isinstance(error, QlopError):
        typer.echo(harmless_lines(without_passwords(f"qlop: {error}")), err=True)
        return error.exit_code
    if isinstance(error, OSError) and error.filename is None:
        typer.echo(f"qlop: the output cannot be written: {error.strerror or error}.", err=True)
    else:
        typer.echo(without_passwords("".join(format_exception(error))), err=True, nl=False)
    return 1
