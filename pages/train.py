"""Train: a model by walk-forward, alone or with a backtest of its predictions."""

from __future__ import annotations

from core.ui.config_form import mode_screen

mode_screen(
    "pipeline",
    title="Train",
    start_label="Start training",
    choices={"train": "Train only", "pipeline": "Train and backtest"},
)
