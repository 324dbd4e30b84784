"""Compare runs: what their configs, data, environments and figures do not share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from core.base.errors import UsageError
from core.base.yearly_figures import told_figures, too_few_bars
from core.services.differences import Difference, differences, side_by_side
from core.services.loaded_data import loaded_data
from core.services.no_test import no_test_warning
from core.services.run_files import RunFiles, open_run_files
from core.services.text_form import counted, figure
from core.store.run_title import run_title
from core.store.settlement import settle_folder

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["MOST_RUNS", "Comparison", "compare_runs"]

MOST_RUNS = 10

_EXPECTED_TO_DIFFER = ("command", "executable", "data_fingerprint", "parent_run", "source_run")


@dataclass(frozen=True)
class Comparison:
    """Runs side by side; figures as in the first run, and the others' differences to it.

    Attributes
    ----------
    run_ids, states, titles : tuple of str
        The runs, in the order asked for.
    config : tuple of Difference
        Settings that not all runs share.
    data : tuple of Difference
        What the runs loaded, where it is not the same: fingerprint, source, interval, tickers, first and last bar,
        rows, what was left out.
    environment : tuple of Difference
        Versions of QLOP, Python, libraries and plugins, platform, threads.
    metrics : tuple of Difference
        Every figure that some run has; None where a run lacks it, or where it is undefined. A run of too few bars has
        no figures a year.
    shared_metrics : frozenset of str
        Figures that at least two runs have.
    without_fingerprint : tuple of str
        Runs that loaded no data, so that nobody knows theirs.
    kept_metrics : tuple of Difference
        As `metrics`, with the figures a year of every run: what the runs' files keep, for programs.
    too_short : tuple of (str, int)
        Runs of too few bars for a figure a year, and how many they have.
    no_test : tuple of str
        Runs whose models may have learned elsewhere from the very bars that judge them.
    traded : tuple of (str, str, str)
        Runs that have traded, with the days of their first and last bar.
    """

    run_ids: tuple[str, ...]
    states: tuple[str, ...]
    titles: tuple[str, ...]
    config: tuple[Difference, ...]
    data: tuple[Difference, ...]
    environment: tuple[Difference, ...]
    metrics: tuple[Difference, ...]
    shared_metrics: frozenset[str]
    without_fingerprint: tuple[str, ...]
    kept_metrics: tuple[Difference, ...] = ()
    too_short: tuple[tuple[str, int], ...] = ()
    no_test: tuple[str, ...] = ()
    traded: tuple[tuple[str, str, str], ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the comparison for programs."""
        parts = {
            "config": self.config,
            "data": self.data,
            "environment": self.environment,
            "metrics": self.kept_metrics,
        }
        shown = {name: [{"path": d.path, "values": list(d.values)} for d in part] for name, part in parts.items()}
        return {"run_ids": list(self.run_ids), "states": list(self.states), **shown}

    def as_text(self) -> str:
        """Return the comparison for a person."""
        heading = [("run", *(run_id[:8] for run_id in self.run_ids)), ("state", *self.states)]
        parts = [_aligned(heading)]
        for title, rows, equal in (
            ("Config", self.config, "The configs are the same."),
            ("Data", self.data, "" if self.without_fingerprint else "The data are the same."),
            ("Environment", self.environment, "The environments are the same."),
        ):
            parts += (
                [f"{title}\n{_aligned([_shown_row(row) for row in rows])}" if rows else equal] if rows or equal else []
            )
        if self.without_fingerprint:
            lacking = ", ".join(run_id[:8] for run_id in self.without_fingerprint)
            parts.append(f"Whether the data are the same is unknown: no data were loaded by {lacking}.")
        return "\n\n".join([*parts, *self._figures(), *filter(None, self._cautions())])

    def _cautions(self) -> tuple[str, ...]:
        return self.other_dates_in_words, self.too_short_in_words, self.no_test_in_words

    @property
    def too_short_in_words(self) -> str:
        """Which runs have too few bars for a figure a year, in a sentence; empty where none has."""
        found = [f"{run_id[:8]} ({counted(n_bars, 'bar')})" for run_id, n_bars in self.too_short]
        return f"Too short for a yearly figure: {', '.join(found)}." if found else ""

    @property
    def no_test_in_words(self) -> str:
        """Which runs are no test, in a sentence; empty where all are."""
        if not self.no_test:
            return ""
        found = ", ".join(run_id[:8] for run_id in self.no_test)
        return f"NO TEST, as the model learned elsewhere and may know these very bars: {found}."

    @property
    def other_dates_in_words(self) -> str:
        """Which days the runs traded, in a sentence, where these differ; empty where they do not."""
        if len({(first, last) for _, first, last in self.traded}) < 2:
            return ""
        found = "; ".join(f"{run_id[:8]} {first} to {last}" for run_id, first, last in self.traded)
        return f"They traded different dates, so that their returns cannot be ranked: {found}."

    def _figures(self) -> list[str]:
        shared = [row for row in self.metrics if row.path in self.shared_metrics]
        n_alone = len(self.metrics) - len(shared)
        parts = [f"Figures\n{_aligned([_figures_row(row) for row in shared])}" if shared else "No figures in common."]
        if n_alone:
            verb = "is" if n_alone == 1 else "are"
            parts.append(f"{counted(n_alone, 'figure')} of one run alone {verb} left out; --json shows all.")
        return parts


def compare_runs(workbench: Workbench, named: Sequence[str]) -> Comparison:
    """Compare two to ten runs with the first of them.

    Raises
    ------
    UsageError
        If there are fewer or more runs than that, or one is named twice.
    RunError
        If a run does not exist.
    StoreError
        If a run's files cannot be read.
    """
    if not 2 <= len(named) <= MOST_RUNS:
        raise UsageError(f"compare takes two to ten runs; found {len(named)}. List them with: qlop runs list")
    runs = [open_run_files(workbench, name) for name in named]
    run_ids = tuple(run.folder.run_id for run in runs)
    if len(set(run_ids)) < len(run_ids):
        raise UsageError(f"compare takes each run once; found {', '.join(run_id[:8] for run_id in run_ids)}.")
    configs, environments, metrics = zip(*[_documents(run) for run in runs], strict=True)
    told = [told_figures(found) for found in metrics]
    return Comparison(
        run_ids=run_ids,
        states=tuple(settle_folder(run.folder).value for run in runs),
        titles=tuple(run_title(run.folder, config) for run, config in zip(runs, configs, strict=True)),
        config=differences(configs),
        data=differences([loaded_data(run) for run in runs]),
        environment=differences([_without_expected(found) for found in environments]),
        metrics=side_by_side(told),
        shared_metrics=frozenset(name for name, number in Counter(chain(*told)).items() if number > 1),
        without_fingerprint=tuple(
            run_id for run_id, found in zip(run_ids, environments, strict=True) if not found.get("data_fingerprint")
        ),
        kept_metrics=side_by_side(metrics),
        too_short=tuple(
            (run_id, n_bars)
            for run_id, found in zip(run_ids, metrics, strict=True)
            if (n_bars := too_few_bars(found)) is not None
        ),
        no_test=tuple(run.folder.run_id for run in runs if no_test_warning(workbench, run)),
        traded=tuple(days for run in runs if (days := _traded_days(run)) is not None),
    )


def _traded_days(run: RunFiles) -> tuple[str, str, str] | None:
    equity = run.table("equity", ("timestamp",))
    if equity is None or equity.empty:
        return None
    days = equity["timestamp"]
    return run.folder.run_id, f"{days.min():%Y-%m-%d}", f"{days.max():%Y-%m-%d}"


def _documents(run: RunFiles) -> tuple[Mapping[str, object], Mapping[str, object], Mapping[str, object]]:
    return run.folder.config(), run.folder.environment(), run.folder.metrics()


def _without_expected(environment: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in environment.items() if name not in _EXPECTED_TO_DIFFER}


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
