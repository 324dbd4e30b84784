"""Compare runs: what their configs, data, environments and figures do not share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.services.runs import find_run
from core.services.text_form import counted, figure
from core.store.run_folder import RunFolder
from core.store.settlement import settle_folder

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["Comparison", "Difference", "compare_runs", "differences"]

ABSENT = "-"
_EXPECTED_TO_DIFFER = ("command", "executable")


@dataclass(frozen=True)
class Difference:
    """One thing that the runs do not share: its path, and its value in each run (None where absent)."""

    path: str
    values: tuple[object, ...]


@dataclass(frozen=True)
class Comparison:
    """Runs side by side; figures as in the first run, and the others' differences to it.

    Attributes
    ----------
    metrics : tuple of Difference
        Every figure that some run has; None where a run lacks it, or where it is undefined.
    shared_metrics : frozenset of str
        Figures that at least two runs have.
    without_fingerprint : tuple of str
        Runs that loaded no data, so that nobody knows theirs.
    """

    run_ids: tuple[str, ...]
    states: tuple[str, ...]
    config: tuple[Difference, ...]
    environment: tuple[Difference, ...]
    metrics: tuple[Difference, ...]
    shared_metrics: frozenset[str]
    without_fingerprint: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return the comparison for programs."""
        parts = {"config": self.config, "environment": self.environment, "metrics": self.metrics}
        shown = {name: [{"path": d.path, "values": list(d.values)} for d in part] for name, part in parts.items()}
        return {"run_ids": list(self.run_ids), "states": list(self.states), **shown}

    def as_text(self) -> str:
        """Return the comparison for a person."""
        heading = [("run", *(run_id[:8] for run_id in self.run_ids)), ("state", *self.states)]
        parts = [_aligned(heading)]
        same = (
            "The environments are the same."
            if self.without_fingerprint
            else "The environments and the data are the same."
        )
        for title, rows, equal in (
            ("Config", self.config, "The configs are the same."),
            ("Environment and data", self.environment, same),
        ):
            parts.append(f"{title}\n{_aligned([_shown_row(row) for row in rows])}" if rows else equal)
        if self.without_fingerprint:
            lacking = ", ".join(run_id[:8] for run_id in self.without_fingerprint)
            parts.append(f"Whether the data are the same is unknown: no data were loaded by {lacking}.")
        return "\n\n".join([*parts, *self._figures()])

    def _figures(self) -> list[str]:
        shared = [row for row in self.metrics if row.path in self.shared_metrics]
        n_alone = len(self.metrics) - len(shared)
        parts = [f"Figures\n{_aligned([_figures_row(row) for row in shared])}" if shared else "No figures in common."]
        if n_alone:
            verb = "is" if n_alone == 1 else "are"
            parts.append(f"{counted(n_alone, 'figure')} of one run alone {verb} left out; --json shows all.")
        return parts


def compare_runs(workbench: Workbench, named: Sequence[str]) -> Comparison:
    """Compare two or more runs with the first of them.

    Raises
    ------
    RunError
        If a run does not exist.
    """
    folders = [RunFolder.open(workbench.home, find_run(workbench, name)) for name in named]
    environments = [
        {name: value for name, value in folder.environment().items() if name not in _EXPECTED_TO_DIFFER}
        for folder in folders
    ]
    metrics = [folder.metrics() for folder in folders]
    names = sorted({name for found in metrics for name in found})
    shared = frozenset(name for name in names if sum(name in found for found in metrics) > 1)
    return Comparison(
        run_ids=tuple(folder.run_id for folder in folders),
        states=tuple(settle_folder(folder).value for folder in folders),
        config=differences([folder.config() for folder in folders]),
        environment=differences(environments),
        metrics=tuple(Difference(name, tuple(found.get(name) for found in metrics)) for name in names),
        shared_metrics=shared,
        without_fingerprint=tuple(
            folder.run_id
            for folder, found in zip(folders, environments, strict=True)
            if not found.get("data_fingerprint")
        ),
    )


def differences(documents: Sequence[Mapping[str, object]]) -> tuple[Difference, ...]:
    """Return the leaves that the documents do not share, by dotted path, in order."""
    leaves = [_leaves(document) for document in documents]
    paths = sorted({path for found in leaves for path in found})
    rows = (Difference(path, tuple(found.get(path, ABSENT) for found in leaves)) for path in paths)
    return tuple(row for row in rows if any(value != row.values[0] for value in row.values[1:]))


def _leaves(value: object, path: str = "") -> dict[str, object]:
    if isinstance(value, Mapping) and (value or not path):
        parts: list[tuple[str, object]] = [(str(name), inner) for name, inner in value.items()]
    elif isinstance(value, list) and any(isinstance(inner, (Mapping, list)) for inner in value):
        parts = [(str(position), inner) for position, inner in enumerate(value)]
    else:
        return {path: value}
    found: dict[str, object] = {}
    for name, inner in parts:
        found.update(_leaves(inner, f"{path}.{name}" if path else name))
    return found


def _shown_row(row: Difference) -> tuple[str, ...]:
    return (row.path, *(str(value) for value in row.values))


def _figures_row(row: Difference) -> tuple[str, ...]:
    first, *others = row.values
    cells = [row.path, figure(first)]
    for other in others:
        if isinstance(first, float) and isinstance(other, float):
            cells.append(f"{figure(other)} ({other - first:+.4g})" if other != first else figure(other))
        else:
            cells.append(figure(other))
    return tuple(cells)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
