"""Run a run's config again, and compare the results byte by byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.base.errors import RunIdError
from core.base.events import RunState
from core.services.differences import Difference, differences
from core.services.run_mode import run_mode
from core.services.run_names import find_run
from core.services.run_outcome import RunOutcome, RunRequest
from core.services.text_form import STATE_IN_WORDS, counted, lines_of
from core.store.run_folder import RunFolder
from core.store.settlement import settle_folder

if TYPE_CHECKING:
    from core.services.run_context import Observer
    from core.services.workbench import Workbench
    from core.store.json_form import Json

__all__ = ["RerunReport", "rerun"]

_OF_ITS_OWN = frozenset({"command", "executable", "parent_run", "source_run"})


@dataclass(frozen=True)
class RerunReport:
    """Whether a rerun gave the same bytes.

    Attributes
    ----------
    verdicts : mapping of str to str
        Artifact name to "identical", "different", "only in the first" or "only in the rerun".
    environment : tuple of Difference
        What the two runs' machines, versions and data do not share.
    left_out_sinks : tuple of str
        The config's sinks, which a rerun does not write: their files are the first run's.
    """

    first_run_id: str
    outcome: RunOutcome
    verdicts: Mapping[str, str]
    environment: tuple[Difference, ...]
    left_out_sinks: tuple[str, ...] = ()

    @property
    def is_identical(self) -> bool:
        """Whether every artifact of both runs has the same bytes."""
        return bool(self.verdicts) and all(verdict == "identical" for verdict in self.verdicts.values())

    def as_json(self) -> dict[str, object]:
        """Return the report for programs."""
        return {
            "first_run_id": self.first_run_id,
            "run_id": self.outcome.run_id,
            "status": self.outcome.status,
            "is_identical": self.is_identical,
            "artifacts": dict(self.verdicts),
            "left_out_sinks": list(self.left_out_sinks),
            "environment": [{"path": row.path, "values": list(row.values)} for row in self.environment],
        }

    def as_text(self) -> str:
        """Return the report for a person."""
        lines = [lines_of(sorted(self.verdicts.items()))]
        if self.left_out_sinks:
            sinks = ", ".join(self.left_out_sinks)
            lines.append(f"Artifacts and metrics are compared; a rerun writes no sinks (left out: {sinks}).")
        if self.outcome.error:
            lines.append(f"The rerun {STATE_IN_WORDS[RunState(self.outcome.status)]}: {self.outcome.error}")
        if self.is_identical:
            same = f"have the same bytes as those of run {self.first_run_id}."
            return "\n".join([*lines, f"All of {counted(len(self.verdicts), 'artifact')} {same}"])
        different = sum(verdict != "identical" for verdict in self.verdicts.values())
        lines.append(f"{different} of {len(self.verdicts)} artifacts differ from those of run {self.first_run_id}.")
        lines += [f"{row.path} was {row.values[0]}, and is {row.values[1]}" for row in self.environment]
        lines.append(f"See where: qlop runs compare {self.first_run_id} {self.outcome.run_id}")
        return "\n".join(lines)


def rerun(workbench: Workbench, named: str, *, observer: Observer) -> RerunReport:
    """Carry out a completed run's resolved config again, with its seed and thread count, and compare.

    The config's sinks are left out: their files are the first run's.

    Raises
    ------
    RunIdError
        If there is no such run, or it has not completed, so that there is nothing to compare with.
    """
    first = RunFolder.open(workbench.home, find_run(workbench, named))
    _refuse_unless_completed(first)
    config = first.config()
    sinks = tuple(_sink_names(config))
    request = RunRequest(
        config={**config, "sinks": []}, command=("qlop", "runs", "rerun", first.run_id), source_run=first.run_id
    )
    outcome = run_mode(workbench, request, observer=observer)
    again = RunFolder.open(workbench.home, outcome.run_id)
    environments = [_comparable(first.environment()), _comparable(again.environment())]
    verdicts = _verdicts(_hashes(first), _hashes(again))
    return RerunReport(first.run_id, outcome, verdicts, differences(environments), sinks)


def _refuse_unless_completed(first: RunFolder) -> None:
    state = settle_folder(first)
    if state is RunState.COMPLETED:
        return
    if state in {RunState.QUEUED, RunState.RUNNING}:
        advice = f"Wait for it, or: qlop runs cancel {first.run_id}"
    else:
        mode = first.config().get("mode", "MODE")
        advice = f"Start it anew with its config, mended if need be: qlop run {mode} --config {first.path}/config.json"
    raise RunIdError(
        f"Run {first.run_id} {STATE_IN_WORDS[state]}, so there is nothing to compare a rerun with. {advice}"
    )


def _sink_names(config: Mapping[str, Json]) -> list[str]:
    sinks = config.get("sinks")
    return [str(sink["sink_type"]) for sink in sinks if isinstance(sink, dict)] if isinstance(sinks, list) else []


def _hashes(folder: RunFolder) -> dict[str, str]:
    return {name: found.sha256 for name, found in folder.announced().items()}


def _comparable(environment: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in environment.items() if name not in _OF_ITS_OWN}


def _verdicts(first: Mapping[str, str], again: Mapping[str, str]) -> dict[str, str]:
    verdicts = {}
    for name in sorted({*first, *again}):
        if name not in again:
            verdicts[name] = "only in the first"
        elif name not in first:
            verdicts[name] = "only in the rerun"
        else:
            verdicts[name] = "identical" if first[name] == again[name] else "different"
    return verdicts
