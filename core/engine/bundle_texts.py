"""The files of a bundle that people and programs read: pipeline, schema, card, licence and instructions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from core.base.version import __version__

if TYPE_CHECKING:
    from pydantic import JsonValue

    from core.contracts.exporter import ModelArtifact
    from core.engine.model_card import ModelCard

__all__ = ["bundle_texts"]

_CARD_OF_THE_RUN = "model_card.md"
_KEPT_OF_THE_TRAINING = ("data", "features", "feature_step_versions", "tickers")
_PRICES = ("timestamp", "ticker", "open", "high", "low", "close", "volume")
_NO_LICENCE = "No licence was stated for this model. Ask whoever gave it to you what you may do with it."
_OF_QLOP = "QLOP, the program that made and reads this bundle, is under the Apache License, Version 2.0."

_README = """# A model of QLOP

```console
$ qlop predict --bundle THIS_FILE.qlop-bundle.zip --data DATA.csv --output predictions.csv
```

DATA is a CSV or Parquet file with the model's feature columns (schema.json names them), or with prices (timestamp,
ticker, open, high, low, close, volume), from which the features are made as pipeline.json says. A model that reads
earlier rows, such as an lstm, needs timestamp and ticker beside the features. MODEL_CARD.md says what the model is,
LICENSE.txt what you may do with it. model/examples.parquet holds example rows and what the model predicts
for them; every reading checks them. `sha256sum -c SHA256SUMS` checks the files; signature.json is a signature (Ed25519)
over SHA256SUMS.
"""


def bundle_texts(artifact: ModelArtifact, card: ModelCard, licence: str) -> dict[str, str]:
    """Return the texts by their file's name."""
    said = licence.strip() or _NO_LICENCE
    return {
        "pipeline.json": _json({name: card.description.get(name) for name in _KEPT_OF_THE_TRAINING}),
        "schema.json": _json(_schema(artifact, card)),
        "MODEL_CARD.md": _model_card(artifact, card),
        "LICENSE.txt": f"{said}\n\n{_OF_QLOP}\n",
        "README.md": _README,
    }


def _schema(artifact: ModelArtifact, card: ModelCard) -> dict[str, JsonValue]:
    takes_missing = "missing_values" in artifact.model.capabilities
    features: list[JsonValue] = [
        {"name": name, "type": "float64", "may_be_missing": takes_missing} for name in card.feature_columns
    ]
    answers: list[JsonValue] = [{"name": str(name), "type": "float64"} for name in artifact.expected_predictions]
    return {
        "features": features,
        "prices": list(_PRICES) if card.description.get("features") else None,
        "predictions": answers,
        "task": card.task,
        "classes": list(card.classes),
    }


def _model_card(artifact: ModelArtifact, card: ModelCard) -> str:
    """Return the card that the training run wrote beside the model, else the facts of model.json."""
    written = artifact.folder.parent / _CARD_OF_THE_RUN
    if written.is_file():
        return written.read_text(encoding="utf-8")
    learned = card.learned
    span = (
        f"{learned.first_bar:%Y-%m-%d} to {learned.until:%Y-%m-%d}, {learned.n_rows:,} rows" if learned else "unknown"
    )
    if learned and learned.elsewhere == "unknown":
        span += "; elsewhere before, from bars that its file does not name"
    facts = {
        "Model": f"{card.model_type} {card.model_version}",
        "Task": card.task,
        "Learned from": span,
        "Features": ", ".join(card.feature_columns),
        "Parameters": json.dumps(dict(card.model_params), sort_keys=True),
        "Made by": f"QLOP {__version__}",
    }
    return "# Model card\n\n" + "".join(f"- {name}: {fact}\n" for name, fact in facts.items())


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, indent=2, allow_nan=False) + "\n"
