"""`qlop runs`: list, show, watch, cancel, rerun, compare, note, tag, delete, restore, prune, reindex."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from core.cli import prune_command, watch_command
from core.cli.options import HomeOption, JsonOption
from core.cli.tables import format_table, harmless, harmless_lines

__all__ = ["app"]

app = typer.Typer(
    help="Runs: list, show, watch, cancel, rerun, compare, note, tag, delete, restore, prune, reindex.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
RunArgument = Annotated[str, typer.Argument(metavar="RUN_ID", help="A run's id, its unique beginning, or 'latest'.")]
_MOST_NAMED = 5
StateOption = Literal["queued", "running", "completed", "failed", "cancelled", "crashed"]


@app.command("list")
def list_runs(
    state: Annotated[StateOption | None, typer.Option("--state", help="Only runs of this state.")] = None,
    mode: Annotated[str | None, typer.Option("--mode", help="Only runs of this mode.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="Only runs that hold this text.")] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Only runs with this tag.")] = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="Runs in the trash instead.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="At most so many, newest first.")] = 20,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List runs, newest first."""
    from core.services.runs import list_runs as listed
    from core.services.workbench import open_workbench

    workbench = open_workbench(home)
    rows = listed(workbench, state=state, mode=mode, text=text, tag=tag, deleted=deleted, limit=limit)
    if as_json:
        typer.echo(json.dumps([row.as_json() for row in rows]))
        return
    if not rows:
        typer.echo(_why_none(has_any=bool(listed(workbench, deleted=deleted, limit=1)), deleted=deleted))
        return
    cells = [(row.run_id, row.mode, row.state, row.started, row.duration, row.key_figures, row.title) for row in rows]
    typer.echo(
        format_table(("run", "mode", "state", "started (UTC)", "took", "key figures", "title"), cells, right=(4,))
    )


def _why_none(*, has_any: bool, deleted: bool) -> str:
    if has_any:
        return f"No run matches. See them all with: qlop runs list{' --deleted' if deleted else ''}"
    return "The trash is empty." if deleted else "No runs yet. Start one with: qlop demo"


@app.command("show")
def show_run(
    run: RunArgument = "latest",
    log: Annotated[bool, typer.Option("--log", help="The whole log instead.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one run: state, figures, artifacts, summary; or its log."""
    from core.services.runs import show_run as shown
    from core.services.workbench import open_workbench

    details = shown(open_workbench(home), run)
    if as_json:
        typer.echo(json.dumps(details.as_json()))
        return
    lines = details.log if log else details.as_text().splitlines()
    typer.echo("\n".join(map(harmless, lines)))


watch_command.register(app)
prune_command.register(app)


@app.command("cancel")
def cancel_run(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Stop a run with all its processes, and prove that none lives."""
    from core.services.runs import cancel_run as cancel
    from core.services.text_form import STATE_IN_WORDS
    from core.services.workbench import open_workbench

    report = cancel(open_workbench(home), run)
    if as_json:
        typer.echo(json.dumps(asdict(report)))
        return
    asked = f"Processes asked to stop: {len(report.asked)}; killed: {len(report.killed)}; none lives."
    typer.echo(f"Run {report.run_id} {STATE_IN_WORDS[report.state]}. {asked}")


@app.command("rerun")
def rerun_run(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Run a completed run again; compare byte by byte (1: differs)."""
    from core.cli.console import open_console
    from core.services.rerun import rerun
    from core.services.workbench import open_workbench

    with open_console() as console:
        report = rerun(open_workbench(home), run, observer=console)
    typer.echo(json.dumps(report.as_json()) if as_json else harmless_lines(report.as_text()))
    raise typer.Exit(0 if report.is_identical else 1)


@app.command("compare")
def compare_runs(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN_ID RUN_ID ...", help="Two to ten; differences are to the first.")
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare runs: config, data, versions, figures."""
    from core.services.compare import compare_runs as compare
    from core.services.workbench import open_workbench

    comparison = compare(open_workbench(home), runs)
    typer.echo(json.dumps(comparison.as_json()) if as_json else harmless_lines(comparison.as_text()))


@app.command("note")
def note_run(
    run: RunArgument, text: Annotated[str, typer.Argument(help='The note; "" removes it.')], home: HomeOption = None
) -> None:
    """Write a note on a run, in place of the one it has."""
    from core.services.runs import annotate_run
    from core.services.workbench import open_workbench

    row = annotate_run(open_workbench(home), run, notes=text)
    typer.echo(f"Run {row.run_id} bears the note: {harmless(text)}" if text else f"Run {row.run_id} bears no note.")


@app.command("tag")
def tag_run(
    run: RunArgument,
    tags: Annotated[list[str] | None, typer.Argument(metavar="TAG ...", help="None removes all.")] = None,
    home: HomeOption = None,
) -> None:
    """Tag a run, in place of the tags it has."""
    from core.services.runs import annotate_run
    from core.services.workbench import open_workbench

    row = annotate_run(open_workbench(home), run, tags=tags or [])
    shown = ", ".join(row.record.tags)
    typer.echo(f"Run {row.run_id} has the tags: {harmless(shown)}" if shown else f"Run {row.run_id} has no tags.")


@app.command("delete")
def delete_run(run: RunArgument, home: HomeOption = None) -> None:
    """Move a run to the trash."""
    from core.services.lineage import runs_made_from
    from core.services.runs import delete_run as delete
    from core.services.workbench import open_workbench

    workbench = open_workbench(home)
    run_id = delete(workbench, run)
    typer.echo(f"Run {run_id} is in the trash. Bring it back with: qlop runs restore {run_id}")
    made = runs_made_from(workbench.home, run_id)
    if made:
        named = f"{', '.join(made[:_MOST_NAMED])}{' and more' if len(made) > _MOST_NAMED else ''}"
        typer.echo(f"qlop: runs that are left were made from it, {len(made):,} in all: {harmless(named)}", err=True)


@app.command("restore")
def restore_run(
    run: Annotated[str, typer.Argument(metavar="RUN_ID", help="The deleted run's id, or its unique beginning.")],
    home: HomeOption = None,
) -> None:
    """Bring a run back from the trash."""
    from core.services.runs import restore_run as restore
    from core.services.workbench import open_workbench

    typer.echo(f"Run {harmless(restore(open_workbench(home), run))} is back.")


@app.command("reindex")
def reindex_runs(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Rebuild the index of runs from the run folders."""
    from core.services.runs import reindex_runs as reindex
    from core.services.workbench import open_workbench

    report = reindex(open_workbench(home))
    typer.echo(json.dumps(report.as_json()) if as_json else harmless_lines(report.as_text()))
