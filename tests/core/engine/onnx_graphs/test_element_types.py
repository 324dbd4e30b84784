"""What a file of whole numbers, or of float16, cannot take."""

import numpy as np
import pytest

from core.engine.onnx_graphs.element_types import as_taken, misfits, takes_anything


@pytest.mark.parametrize(
    ("type_name", "fitting", "wrong"),
    [
        ("tensor(int8)", [-128.0, -0.0, 127.0], [-129.0, 128.0, 0.5]),
        ("tensor(uint8)", [0.0, 255.0], [-1.0, 256.0, 1e-300]),
        ("tensor(int32)", [-(2.0**31), 2.0**31 - 1.0], [2.0**31, -(2.0**31) - 1.0]),
        ("tensor(int64)", [-(2.0**63), 2.0**53, 2.0**63 - 1024.0], [2.0**63, np.nan, np.inf, -np.inf]),
        ("tensor(uint64)", [0.0, 2.0**64 - 2048.0], [2.0**64, -1.0]),
        ("tensor(float16)", [65504.0, 65519.0, 1e-30, 0.1, np.nan, np.inf], [65520.0, -1e9, 1e300]),
        ("tensor(float)", [0.1, 1e300, np.nan], []),
        ("tensor(double)", [0.1, 1e300, np.nan], []),
    ],
)
def test_a_value_that_a_type_cannot_hold_is_found_and_no_other(type_name, fitting, wrong):
    found = misfits(np.array([*fitting, *wrong]), type_name)
    assert found.tolist() == [False] * len(fitting) + [True] * len(wrong)
    assert takes_anything(type_name) == (type_name in {"tensor(float)", "tensor(double)"})


def test_a_number_is_rounded_to_float16_by_way_of_float32():
    """Just above the middle of 1 and the next float16, which float32 takes for the middle; that goes to the even one."""
    values = np.array([1.0 + 2.0**-11 + 2.0**-40])
    assert as_taken(values, "tensor(float16)").tolist() == [1.0]
    assert values.astype(np.float16).tolist() == [1.0 + 2.0**-10]


def test_what_a_file_takes_lies_in_one_piece():
    columns = np.arange(12.0).reshape(3, 4).T
    taken = as_taken(columns, "tensor(int64)")
    assert taken.flags.c_contiguous
    assert taken.dtype == np.int64
    assert taken.tolist() == columns.tolist()
