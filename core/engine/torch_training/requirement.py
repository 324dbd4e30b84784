"""PyTorch and what it can use on this machine, or what to do about it."""

from __future__ import annotations

from importlib.util import find_spec

from core.base.errors import PluginError, TrainingError

__all__ = ["check_device", "check_installed"]

_PACKAGES = ("torch", "safetensors")


def check_installed(model: str) -> None:
    """Refuse to make a network where its packages are missing; none is imported.

    Raises
    ------
    PluginError
        If PyTorch or safetensors is not installed.
    """
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise PluginError(
            f"Model {model!r} needs PyTorch, and {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not installed: pip install 'qlop[torch]'. "
            "docs/torch.md says how to get the small build for machines without a GPU first."
        )


def check_device(device: str, model: str) -> None:
    """Refuse a device that PyTorch cannot use here.

    Raises
    ------
    TrainingError
        If it is "cuda" and PyTorch finds no CUDA device.
    """
    if device != "cuda":
        # Without a look at PyTorch, whose import takes seconds.
        return
    import torch

    if torch.cuda.is_available():
        return
    built = f"a build for CUDA {torch.version.cuda}" if torch.version.cuda else "a build without CUDA"
    raise TrainingError(
        f"Model {model!r}: device is 'cuda', and PyTorch {torch.__version__}, {built}, finds no CUDA device. Use "
        "device 'cpu', or install a build with CUDA on a machine that has such a GPU: docs/torch.md."
    )
