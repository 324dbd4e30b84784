"""`qlop predict`: what a bundle's model says about the rows of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.base.errors import UsageError
from core.cli.options import HomeOption
from core.cli.tables import harmless, harmless_lines

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("predict")(predict)


def predict(
    bundle: Annotated[Path, typer.Option("--bundle", metavar="FILE", help="What the exporter bundle wrote.")],
    data: Annotated[
        Path, typer.Option("--data", metavar="FILE", help="CSV or Parquet: the model's features, or prices.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="A new .csv or .parquet; else CSV is printed.")
    ] = None,
    trust_key: Annotated[
        list[str] | None,
        typer.Option("--trust-key", metavar="FINGERPRINT", help="A key that counts besides yours; may be repeated."),
    ] = None,
    params: Annotated[
        str, typer.Option("--params", metavar="JSON", help="Of the data source files, which reads prices.")
    ] = "{}",
    home: HomeOption = None,
) -> None:
    """Predict by a bundle alone."""
    from core.services.predict_bundle import check_predictions_path, predict_by_bundle, write_predictions
    from core.services.table_export import csv_bytes
    from core.services.workbench import open_workbench

    if output is not None:
        check_predictions_path(output)
    found = predict_by_bundle(
        open_workbench(home), bundle, data, trusted=tuple(trust_key or ()), params=_object(params)
    )
    for note in found.notes:
        typer.echo(harmless_lines(note), err=True)
    if output is None:
        typer.echo(csv_bytes(found.table).decode("utf-8-sig"), nl=False)
        return
    write_predictions(found.table, output)
    typer.echo(harmless(f"{len(found.table):,} predictions written to {output}"), err=True)


def _object(text: str) -> dict[str, JsonValue]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--params is {text!r}, which is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise UsageError(f'--params is {text!r}; it must be a JSON object, such as \'{{"timezone": "UTC"}}\'.')
    return found
