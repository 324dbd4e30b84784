"""`qlop.run`: a run from a script or a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.services.run_mode import run_mode
from core.services.run_outcome import RunOutcome, RunRequest
from core.services.workbench import open_workbench

if TYPE_CHECKING:
    from core.config.run_config import RunConfig

__all__ = ["run"]


def run(
    config: RunConfig | Mapping[str, Any] | Path | str,
    *,
    home: Path | str | None = None,
    overrides: Sequence[str] = (),
    run_id: str | None = None,
) -> RunOutcome:
    """Carry out a run in this process and wait for it.

    Parameters
    ----------
    config : RunConfig, mapping, Path or str
        A config, or the path of a config file.
    home : Path or str, optional
        Home folder; by default QLOP_HOME, else `.qlop` in the working folder.
    overrides : sequence of str
        "path=value" each, as `--set` takes them.
    run_id : str, optional
        A UUID4 that the run is to bear.

    Returns
    -------
    RunOutcome
        Status, metrics, artifacts and folder of the completed run.

    Raises
    ------
    QlopError
        If the config is refused or the run fails; other exceptions are a plugin's own.
    """
    request = RunRequest(
        config_path=Path(config) if isinstance(config, (str, Path)) else None,
        config=_plain(config),
        overrides=tuple(overrides),
        run_id=run_id,
        command=("qlop.run",),
        owns_process=False,
    )
    outcome = run_mode(open_workbench(home), request)
    if outcome.failure is not None:
        raise outcome.failure
    return outcome


def _plain(config: RunConfig | Mapping[str, Any] | Path | str) -> Mapping[str, Any]:
    if isinstance(config, (str, Path)):
        return {}
    if isinstance(config, Mapping):
        return config
    return config.model_dump(mode="json")
