"""The same numbers again: seeds, threads and deterministic algorithms, for as long as a block lasts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["reproducible"]


@contextmanager
def reproducible(seed: int, thread_count: int, device: str = "cpu") -> Iterator[None]:
    """Seed PyTorch, bound its threads and allow it deterministic algorithms only; all is put back afterwards.

    Parameters
    ----------
    seed : int
        Of weights, shuffling and dropout.
    thread_count : int
        Threads of an operation.
    device : str
        "cpu" or "cuda".
    """
    threads, mode = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    if device == "cuda":
        # Without it cuBLAS may add up in another order each time; read when cuBLAS starts.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    devices = [torch.cuda.current_device()] if device == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        try:
            torch.manual_seed(seed)
            torch.set_num_threads(thread_count)
            # The same as use_deterministic_algorithms(True), which brings the compiler along: three seconds.
            torch.set_deterministic_debug_mode("error")
            yield
        finally:
            torch.set_num_threads(threads)
            torch.set_deterministic_debug_mode(mode)
