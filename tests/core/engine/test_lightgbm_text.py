"""A LightGBM text file is checked before LightGBM reads it."""

from __future__ import annotations

import re
from pathlib import Path

import lightgbm
import numpy as np
import pytest
import qlop
from qlop.engine import read_lightgbm_text


@pytest.fixture(scope="module")
def written() -> str:
    random = np.random.default_rng(3)
    values = random.normal(size=(200, 3))
    settings = {"objective": "binary", "num_leaves": 5, "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 5}
    rows = lightgbm.Dataset(values, (values[:, 0] > 0).astype(float))
    return lightgbm.train(settings, rows, num_boost_round=3).model_to_string()


def read(folder: Path, text: str) -> str:
    (folder / "booster.txt").write_bytes(text.encode("latin-1"))
    return read_lightgbm_text(folder / "booster.txt", n_features=3, n_outputs=1)


def test_what_lightgbm_wrote_is_given_back_as_it_is(tmp_path: Path, written: str) -> None:
    assert read(tmp_path, written) == written


def resized(text: str, field: str, value: str) -> str:
    """Return the text with the first tree's `field` set, and tree_sizes put right, as a careful forger would."""
    start = text.index("Tree=0")
    sizes = [int(size) for size in re.search(r"tree_sizes=(.*)", text).group(1).split()]
    tree = text[start : start + sizes[0]]
    changed = re.sub(rf"^{field}=.*$", f"{field}={value}", tree, count=1, flags=re.MULTILINE)
    assert changed != tree
    sizes[0] = len(changed)
    head = re.sub(r"tree_sizes=.*", f"tree_sizes={' '.join(map(str, sizes))}", text[:start])
    return head + changed + text[start + len(tree) :]


def test_a_careful_forgery_without_a_fault_is_read(tmp_path: Path, written: str) -> None:
    assert "shrinkage=0.5000" in read(tmp_path, resized(written, "shrinkage", "0.5000"))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("num_leaves", "999999999", "num_leaves"),
        ("num_leaves", "50", "leaf_value is not 50"),
        ("split_feature", "3 0 0 0", "split_feature is not 4 numbers from 0 to 2"),
        ("split_feature", "-1 0 0 0", "split_feature"),
        ("left_child", "0 0 0 0", "children"),
        ("left_child", "999 -1 -2 -3", "children"),
        ("right_child", "-9 -1 -2 -3", "children"),
        ("threshold", "1 2 3", "threshold is not 4"),
        ("threshold", "1 2 3 nan", "threshold is not 4"),
        ("leaf_value", "1 2 3 inf 4", "leaf_value is not 5"),
        ("num_cat", "2", "splits on categories"),
        ("is_linear", "1", "linear leaves"),
        ("decision_type", "1024 2 2 2", "decision_type"),
    ],
)
def test_a_tree_that_would_lead_out_of_itself_is_refused(
    tmp_path: Path, written: str, field: str, value: str, message: str
) -> None:
    with pytest.raises(qlop.DataError, match=message):
        read(tmp_path, resized(written, field, value))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tree\nversion=v4", "tree\nversion=v9", "does not begin with"),
        ("max_feature_idx=2", "max_feature_idx=9", "its card says 2"),
        ("num_class=1", "num_class=4", "its card says 1"),
        ("num_class=1\n", "num_class=1\nnum_class=7\n", "given twice"),
        ("tree_sizes=", "tree_sizes=99999999 ", "tree_sizes"),
        ("tree_sizes=", "tree_sizes=-5 ", "tree_sizes"),
        ("tree_sizes=", "tree_sizes=5 ", "does not stand where tree_sizes says"),
        ("end of trees", "and more trees", "has no 'end of trees'"),
        ("Tree=1", "Tree=\0", "does not begin with"),
        ("objective=binary", "objective=bin\xe4ry", "ascii"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(tmp_path: Path, written: str, old: str, new: str, message: str) -> None:
    assert old in written
    with pytest.raises(qlop.DataError, match=message):
        read(tmp_path, written.replace(old, new, 1))


def test_a_file_that_is_missing_empty_or_cut_short_is_refused(tmp_path: Path, written: str) -> None:
    with pytest.raises(qlop.DataError, match="not a model that LightGBM wrote"):
        read_lightgbm_text(tmp_path / "absent.txt", n_features=3, n_outputs=1)
    for text in ("", "tree\n", written[: len(written) // 4], written[: written.index("Tree=2")]):
        with pytest.raises(qlop.DataError, match="not a model that LightGBM wrote"):
            read(tmp_path, text)


def test_a_file_larger_than_any_model_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "booster.txt").open("wb") as file:
        file.truncate((1 << 30) + 1)
    with pytest.raises(qlop.DataError, match="1,073,741,825 bytes"):
        read_lightgbm_text(tmp_path / "booster.txt", n_features=3, n_outputs=1)
