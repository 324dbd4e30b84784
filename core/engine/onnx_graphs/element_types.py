"""The arrays that an ONNX file takes and gives, and what a file would take otherwise than it is.

1. Features are float64. A file may take them as any float or whole number, and answers in floats.
2. Rounding to float32 or float16 is the file's own wish. What is infinite afterwards, or no whole number before, is not
   what the file was made for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["GIVEN_TYPES", "TAKEN_TYPES", "as_taken", "misfits", "takes_anything"]

GIVEN_TYPES: dict[str, type[np.generic]] = {
    "tensor(float16)": np.float16,
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
}
"""Of answers, as onnxruntime writes them."""
_WHOLE = (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64)
TAKEN_TYPES: dict[str, type[np.generic]] = {**GIVEN_TYPES, **{f"tensor({kind.__name__})": kind for kind in _WHOLE}}
"""Of features."""


def takes_anything(type_name: str) -> bool:
    """Whether a file takes every feature in that type, as far as its digits go."""
    return type_name in {"tensor(float)", "tensor(double)"}


def as_taken(values: NDArray[np.generic], type_name: str) -> NDArray[np.generic]:
    """Return an array in one of TAKEN_TYPES, in one piece of memory."""
    kind = TAKEN_TYPES[type_name]
    if kind is np.float16:
        # By way of float32, as onnxruntime's own Cast goes: one number is then the same wherever it is rounded.
        values = values.astype(np.float32)
    return np.ascontiguousarray(values, kind)


def misfits(values: NDArray[np.float64], type_name: str) -> NDArray[np.bool_]:
    """Return which values a file cannot take in that type.

    No number that is missing, fractional or beyond the type's ends is a whole number of it; float16 ends at 65,504.
    """
    kind = TAKEN_TYPES[type_name]
    if kind is np.float16:
        with np.errstate(over="ignore"):
            return np.isfinite(values) & ~np.isfinite(values.astype(np.float32).astype(np.float16))
    if not issubclass(kind, np.integer):
        return np.zeros(len(values), dtype=np.bool_)
    ends = np.iinfo(kind)
    # One past the largest is a power of two, which float64 holds exactly, as it does not 2 ** 63 - 1.
    is_inside = (values >= float(ends.min)) & (values < float(ends.max) + 1.0)
    fitting: NDArray[np.bool_] = is_inside & (values == np.floor(values))
    return ~fitting
