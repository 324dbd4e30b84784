"""AdamW against PyTorch's own, whose function does not bring the compiler along."""

import pytest
import torch
from torch.optim.adamw import adamw

from core.engine.torch_training.adam_w import AdamW


def slopes(weights, step):
    return 2.0 * weights * torch.tensor([1.0, 0.1, 5.0]) + step * torch.tensor([0.0, 1.0, 0.0])


def test_the_steps_are_those_of_pytorch():
    ours, unused = torch.nn.Parameter(torch.tensor([0.5, -2.0, 3.0])), torch.nn.Parameter(torch.tensor([4.0]))
    own = AdamW([ours, unused], learning_rate=0.1, weight_decay=0.3)
    theirs, mean, square, count = ours.detach().clone(), torch.zeros(3), torch.zeros(3), torch.tensor(0.0)
    for step in range(20):
        own.forget_gradients()
        ours.grad = slopes(ours.detach(), step)
        own.step()
        adamw(
            [theirs], [slopes(theirs, step)], [mean], [square], [], [count], foreach=False, amsgrad=False,
            beta1=0.9, beta2=0.999, lr=0.1, weight_decay=0.3, eps=1e-8, maximize=False,
        )  # fmt: skip
    assert ours.tolist() == pytest.approx(theirs.tolist(), rel=1e-6)
    assert unused.tolist() == [4.0]


def test_weights_that_are_not_to_be_trained_stay():
    frozen = torch.nn.Parameter(torch.tensor([4.0]), requires_grad=False)
    own = AdamW([frozen], learning_rate=0.1, weight_decay=0.3)
    own.forget_gradients()
    own.step()
    assert frozen.tolist() == [4.0]
