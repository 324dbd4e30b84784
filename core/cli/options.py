"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["ConfigOption", "HomeOption", "JsonOption", "NoQueueOption", "SeedOption", "SetOption", "StreamOption"]

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Home folder of runs and settings; else QLOP_HOME, else .qlop in the working folder."),
]
ConfigOption = Annotated[Path | None, typer.Option("--config", "-c", help="Config file: .yaml, .json or .toml.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="PATH=VALUE", help="Replace one value, such as splits.train_bars=504."),
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", min=0, max=2**32 - 1, help="Replace the config's seed.", show_default=False)
]
StreamOption = Annotated[
    str | None,
    typer.Option(
        "--stream-to-ws", metavar="TASK_ID", help="The run bears this id (a UUID4), and goes live to the relay."
    ),
]
NoQueueOption = Annotated[
    bool, typer.Option("--no-queue", help="Begin at once, however many runs are at work; no other run waits for it.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="End with one line of JSON on standard output.")]
