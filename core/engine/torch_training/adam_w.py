"""AdamW (Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization, algorithm 2).

PyTorch's own brings its compiler along when it is made, two seconds of every process that trains a network.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

__all__ = ["AdamW"]

_DECAY_OF_MEAN, _DECAY_OF_SQUARE = 0.9, 0.999
_LEAST_ROOT = 1e-8


class AdamW:
    """Steps that are scaled by each weight's own recent gradients.

    Parameters
    ----------
    weights : iterable of Parameter
        What is trained; changed in place.
    learning_rate : float
        Size of a step.
    weight_decay : float
        What each step takes off a weight, times the learning rate.
    """

    def __init__(self, weights: Iterable[torch.nn.Parameter], *, learning_rate: float, weight_decay: float) -> None:
        self._weights = [weight for weight in weights if weight.requires_grad]
        self._means = [torch.zeros_like(weight) for weight in self._weights]
        self._squares = [torch.zeros_like(weight) for weight in self._weights]
        self._learning_rate = learning_rate
        self._weight_decay = weight_decay
        self._steps = 0

    def forget_gradients(self) -> None:
        """Forget the gradients of the step before."""
        for weight in self._weights:
            weight.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Move every weight that has a gradient."""
        self._steps += 1
        scale_of_mean = 1.0 - _DECAY_OF_MEAN**self._steps
        scale_of_square = (1.0 - _DECAY_OF_SQUARE**self._steps) ** 0.5
        for weight, mean, square in zip(self._weights, self._means, self._squares, strict=True):
            if weight.grad is None:
                continue
            mean.lerp_(weight.grad, 1.0 - _DECAY_OF_MEAN)
            square.mul_(_DECAY_OF_SQUARE).addcmul_(weight.grad, weight.grad, value=1.0 - _DECAY_OF_SQUARE)
            weight.mul_(1.0 - self._learning_rate * self._weight_decay)
            root = (square.sqrt() / scale_of_square).add_(_LEAST_ROOT)
            weight.addcdiv_(mean, root, value=-self._learning_rate / scale_of_mean)
