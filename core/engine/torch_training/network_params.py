"""Parameters that all networks share: how they are trained."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.contracts.params import Params

__all__ = ["NetworkParams"]


class NetworkParams(Params):
    """How a network is trained; a model adds what its network looks like."""

    epochs: int = Field(default=60, ge=1, le=100_000, description="Passes over the training rows, at most.")
    batch_rows: int = Field(
        default=256, ge=2, le=10_000_000, description="Rows of a step, at least; a last part joins the others."
    )
    learning_rate: float = Field(default=0.001, gt=0.0, le=10.0, description="Step size of AdamW.")
    weight_decay: float = Field(default=0.0001, ge=0.0, le=100.0, description="Decoupled weight decay of AdamW.")
    gradient_norm_limit: float | None = Field(
        default=1.0, gt=0.0, le=1e9, description="Longer gradients are shortened to this; null: never."
    )
    early_stopping_epochs: int | None = Field(
        default=8,
        ge=1,
        le=100_000,
        description="Epochs without a better validation loss before training stops and the best weights are restored; "
        "null: all epochs, and the last weights.",
    )
    class_weights: Literal["equal", "balanced"] = Field(
        default="equal", description="balanced: each class counts the same, however rare it is."
    )
    device: Literal["cpu", "cuda"] = Field(
        default="cpu", description="Where it is trained; predictions are always made on the processor."
    )
