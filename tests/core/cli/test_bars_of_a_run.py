"""The bars of a run on a terminal: each step has one, and a part's begins anew with its clock."""

import io
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import Progress

from core.base.events import Event, EventType, ProgressPayload
from core.base.identifiers import new_run_id
from core.cli.console import BarConsole

RUN_ID = new_run_id()


def test_a_part_begins_anew_beside_the_step_that_it_belongs_to():
    moment = 0.0
    progress = Progress(console=Console(file=io.StringIO()), get_time=lambda: moment)
    show = BarConsole(progress)

    def tell(step_name, value, total, unit, within=""):
        payload = ProgressPayload(value=value, total=total, unit=unit, step_name=step_name, within=within)
        now = datetime(2026, 1, 1, tzinfo=UTC)
        show(Event(task_id=RUN_ID, seq=1, timestamp_utc=now, type=EventType.PROGRESS, payload=payload))

    tell("train folds", 0, 3, "fits")
    for number, epochs in ((1, 30), (2, 8)):
        for epoch in range(epochs + 1):
            moment += 1.0
            tell("fit model", epoch, 30, f"epochs, fit {number} of 3", "train folds")
        tell("fit model", epochs, epochs, f"epochs, fit {number} of 3", "train folds")
    whole, part = progress.tasks
    assert (whole.description, whole.completed, whole.total, whole.fields["unit"]) == ("train folds", 0, 3, "fits")
    assert (part.description, part.completed, part.total) == ("fit model", 8, 8)
    assert part.fields["unit"] == "epochs, fit 2 of 3"
    assert part.finished_time == 8.0
