"""Commands that start a run in this process: train-model, backtest, export-model, run MODE, demo."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.base.clear_passwords import without_passwords
from core.base.errors import UsageError
from core.cli.options import ConfigOption, HomeOption, JsonOption, NoQueueOption, SeedOption, SetOption, StreamOption
from core.cli.streams import flush_streams
from core.cli.tables import harmless, harmless_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.services.run_mode import RunOutcome, RunRequest

__all__ = ["register"]

RunOption = Annotated[
    str | None,
    typer.Option("--run", metavar="RUN_ID", help="A trained run's id, its beginning, or 'latest'."),
]

ModelFileOption = Annotated[
    Path | None,
    typer.Option("--model-file", metavar="FILE", help="An exported model; it predicts the bars after its training."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`, in the order of the help."""
    app.command("demo")(demo)
    app.command("train-model")(train_model)
    app.command("backtest")(backtest)
    app.command("export-model")(export_model)
    app.command("run")(run_any_mode)


def demo(
    overrides: SetOption = None,
    seed: SeedOption = None,
    home: HomeOption = None,
    task_id: StreamOption = None,
    no_queue: NoQueueOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train and backtest the ready model on the embedded stocks."""
    from core.services.ready_configs import ready_config

    _run(_request("pipeline", ready_config("leverage_opportunity"), overrides, seed, task_id, no_queue), home, as_json)


def train_model(
    config: ConfigOption = None,
    overrides: SetOption = None,
    seed: SeedOption = None,
    home: HomeOption = None,
    task_id: StreamOption = None,
    no_queue: NoQueueOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train a model and keep its out-of-sample predictions."""
    _run(_request("train", _given(config), overrides, seed, task_id, no_queue), home, as_json)


def backtest(
    config: ConfigOption = None,
    run: RunOption = None,
    model_file: ModelFileOption = None,
    overrides: SetOption = None,
    seed: SeedOption = None,
    home: HomeOption = None,
    task_id: StreamOption = None,
    no_queue: NoQueueOption = False,
    as_json: JsonOption = False,
) -> None:
    """Simulate a strategy on a run's or a model's predictions."""
    if run is not None and model_file is not None:
        raise UsageError("backtest takes --run RUN_ID or --model-file FILE, not both; predictions come from one.")
    changes = [*(overrides or ()), *_trained_run("backtest.predictions_run", run, home), *_model_file(model_file)]
    _run(_request("backtest", _given(config), changes, seed, task_id, no_queue), home, as_json)


def export_model(
    run: RunOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    seed: SeedOption = None,
    home: HomeOption = None,
    task_id: StreamOption = None,
    no_queue: NoQueueOption = False,
    as_json: JsonOption = False,
) -> None:
    """Export a trained run's model, and prove the export."""
    if run is None and config is None:
        raise UsageError("export-model needs --run RUN_ID (see: qlop runs list), or --config with export.model_run.")
    changes = [*(overrides or ()), *_trained_run("export.model_run", run, home)]
    _run(_request("export", config, changes, seed, task_id, no_queue), home, as_json)


def run_any_mode(
    mode: Annotated[str, typer.Argument(help="Name of an orchestrator; see: qlop plugins list orchestrators")],
    config: ConfigOption = None,
    overrides: SetOption = None,
    seed: SeedOption = None,
    home: HomeOption = None,
    task_id: StreamOption = None,
    no_queue: NoQueueOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run any mode, such as pipeline."""
    _run(_request(mode, _given(config), overrides, seed, task_id, no_queue), home, as_json)


def _given(config: Path | None) -> Path:
    if config is None:
        raise UsageError("--config is missing; name a config file, such as --config configs/leverage_opportunity.yaml")
    return config


def _trained_run(path: str, run: str | None, home: Path | None) -> list[str]:
    if run is None:
        return []
    from core.services.runs import find_trained_run
    from core.services.workbench import open_workbench

    return [f"{path}={find_trained_run(open_workbench(home), run)}"]


def _model_file(path: Path | None) -> list[str]:
    # Quoted: a path may hold what YAML reads as something else.
    return [] if path is None else [f"backtest.model_file={json.dumps(str(path))}"]


def _request(
    mode: str,
    config: Path | None,
    overrides: Sequence[str] | None,
    seed: int | None,
    task_id: str | None,
    no_queue: bool,
) -> RunRequest:
    from core.services.run_mode import RunRequest

    _refuse_another_mode(mode, overrides or ())
    changes = (*(overrides or ()), *([f"seed={seed}"] if seed is not None else []))
    return RunRequest(
        config_path=config,
        overrides=changes,
        mode=mode,
        run_id=task_id,
        command=tuple(sys.argv),
        is_published=task_id is not None,
        is_queued=not no_queue,
    )


def _refuse_another_mode(mode: str, overrides: Sequence[str]) -> None:
    for override in overrides:
        path, _, value = override.partition("=")
        if path.strip() == "mode" and value.strip() != mode:
            shown = without_passwords(override)
            raise UsageError(
                f"--set {shown} contradicts the command, whose mode is {mode}. Leave it out, or call: "
                f"qlop run {shown.partition('=')[2].strip() or 'MODE'} --config FILE"
            )


def _run(request: RunRequest, home: Path | None, as_json: bool) -> None:
    from core.cli.console import open_console
    from core.jobs.signals import CancelFlag
    from core.services.run_mode import run_mode
    from core.services.workbench import open_workbench

    def tell(outcome: RunOutcome) -> None:
        _tell(outcome, as_json)
        flush_streams()

    with CancelFlag(is_last=True) as cancel_flag:
        with open_console() as console:
            outcome = run_mode(
                open_workbench(home), request, observer=console, cancel_flag=cancel_flag, on_forced_end=tell
            )
        tell(outcome)
    raise typer.Exit(outcome.exit_code)


def _tell(outcome: RunOutcome, as_json: bool) -> None:
    if outcome.summary:
        typer.echo(harmless_lines(outcome.summary))
    if outcome.error:
        typer.echo(harmless_lines(f"qlop: {outcome.error}"), err=True)
    typer.echo(harmless(f"Run {outcome.run_id} {outcome.status}; its results lie in {outcome.folder}"), err=as_json)
    if as_json:
        typer.echo(outcome.json_line())
