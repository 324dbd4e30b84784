"""`qlop runs prune`: let runs go by rules."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from core.base.errors import UsageError
from core.cli.options import HomeOption, JsonOption
from core.cli.tables import format_table, harmless_lines

if TYPE_CHECKING:
    from core.services.prune_runs import PrunePlan

__all__ = ["register"]


class EndedState(StrEnum):
    """The states of which runs may go."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CRASHED = "crashed"


_HOURS = {"h": 1, "d": 24, "w": 7 * 24}
_BYTES = {"KB": 10**3, "MB": 10**6, "GB": 10**9}


def register(app: typer.Typer) -> None:
    """Add the command to `app`, the group `qlop runs`."""
    app.command("prune")(prune)


def prune(
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="AGE", help="Runs that ended longer ago: 12h, 30d, 8w.")
    ] = None,
    keep_last: Annotated[int | None, typer.Option("--keep-last", min=0, help="Keep so many, the newest.")] = None,
    state: Annotated[list[EndedState] | None, typer.Option("--state", help="Only runs of this state.")] = None,
    mode: Annotated[list[str] | None, typer.Option("--mode", help="Only runs of this mode.")] = None,
    larger_than: Annotated[
        str | None, typer.Option("--larger-than", metavar="SIZE", help="Runs that take up more: 500MB, 2GB.")
    ] = None,
    empty_trash: Annotated[
        bool, typer.Option("--empty-trash", help="Remove for good: these runs and what lies in the trash.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go; so it is without --yes.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move runs that all rules name to the trash; show them first."""
    from core.services.prune_runs import PruneRules, plan_prune
    from core.services.prune_runs import prune as let_go
    from core.services.workbench import open_workbench

    if yes and dry_run:
        raise UsageError("runs prune takes --dry-run or --yes, not both; one shows what the other does.")
    rules = PruneRules(
        tuple(found.value for found in state or ()),
        tuple(mode or ()),
        keep_last,
        _age(older_than),
        _size(larger_than),
        empty_trash,
    )
    workbench = open_workbench(home)
    plan = plan_prune(workbench, rules, datetime.now(UTC))
    if yes:
        let_go(workbench, plan)
    typer.echo(json.dumps({**plan.as_json(), "is_done": yes}) if as_json else harmless_lines(_text(plan, is_done=yes)))


def _text(plan: PrunePlan, *, is_done: bool) -> str:
    from core.services.text_form import counted

    if not plan.going and not plan.staying:
        return "No run that has ended is named by the rules; nothing goes."
    rows = [
        (run.row.run_id, run.row.mode, run.row.state, run.row.started, _shown(run.size_bytes), run.row.title)
        for run in plan.going
    ]
    heads = ("run", "mode", "state", "started (UTC)", "size", "title")
    parts = [format_table(heads, rows, right=(4,))] if rows else []
    parts += ["\n".join(f"Run {run.row.run_id} stays: {run.reason}." for run in plan.staying)] if plan.staying else []
    told = f"{counted(len(rows), 'run')} of {_shown(plan.size_bytes)} {_fate(plan, is_done=is_done)}."
    if not is_done and rows:
        told += " Do it with: --yes"
    elif rows and not plan.for_good:
        told += " Bring one back with: qlop runs restore RUN_ID. Make room with: qlop runs prune --empty-trash --yes"
    return "\n\n".join([*parts, told])


def _fate(plan: PrunePlan, *, is_done: bool) -> str:
    if not is_done:
        return "would leave the disk for good" if plan.for_good else "would go to the trash"
    has = "has" if len(plan.going) == 1 else "have"
    return f"{has} left the disk for good" if plan.for_good else f"{has} gone to the trash"


def _shown(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB"


def _age(text: str | None) -> timedelta | None:
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]{1,6})([hdw])", text.strip())
    if match is None:
        raise UsageError(f"--older-than is {text!r}; it must be a number of hours, days or weeks: 12h, 30d, 8w.")
    return timedelta(hours=int(match[1]) * _HOURS[match[2]])


def _size(text: str | None) -> int | None:
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]+)?) ?(KB|MB|GB)", text.strip().upper())
    if match is None:
        raise UsageError(f"--larger-than is {text!r}; it must be a size such as 800KB, 500MB or 2GB.")
    return round(float(match[1]) * _BYTES[match[2]])
