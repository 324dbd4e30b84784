"""LightGBM's text format, checked before LightGBM reads it: its own reader trusts what it is given.

1. The size, and that it is text that begins as such a file begins.
2. The header: how many features and outputs, and the length of each tree's text, which the reader jumps by.
3. Every tree: as many entries as it has nodes, splits on features that there are, and children that come later, so that
   following them ends in a leaf and reads nothing outside of the tree.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["read_lightgbm_text"]

MAX_BYTES = 1 << 30
_BEGIN = "tree\nversion=v4\n"
_END = "end of trees"
_MAX_LEAVES = 1 << 20


def read_lightgbm_text(path: Path, *, n_features: int | None = None, n_outputs: int | None = None) -> str:
    """Return the text of a model file that LightGBM may be given.

    Parameters
    ----------
    path : Path
        The file.
    n_features, n_outputs : int, optional
        What the model must have; one output for a regression and for two classes. By default what its header says.

    Raises
    ------
    DataError
        If the file is missing, too large, no text, or no model of that form.
    """
    text = _text(path)
    problem = _problem(text, n_features, n_outputs)
    if problem:
        raise DataError(f"{path} is not a model that LightGBM wrote: {problem}. It is not loaded.")
    return text


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DataError(f"{path} has {size:,} bytes; a LightGBM model may have {MAX_BYTES:,}. It is not loaded.")
        return path.read_bytes().decode("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not a model that LightGBM wrote: {error!s:.200}") from error


def _problem(text: str, n_features: int | None, n_outputs: int | None) -> str:
    head, begins, rest = text.partition("\nTree=0\n")
    if not text.startswith(_BEGIN) or not begins or "\0" in text:
        return f"it does not begin with {_BEGIN!r} and go on to a tree"
    header = _fields(head)
    n_features = _count(header, "max_feature_idx") + 1 if n_features is None else n_features
    n_outputs = _count(header, "num_class") if n_outputs is None else n_outputs
    if n_features < 1 or n_outputs < 1:
        return "its header does not say how many features and outputs it has"
    expected = {"num_class": n_outputs, "num_tree_per_iteration": n_outputs, "max_feature_idx": n_features - 1}
    for name, value in expected.items():
        if header.get(name) != str(value):
            return f"its {name} is {header.get(name)!s:.20}, its card says {value}"
    body = f"Tree=0\n{rest}"
    sizes = _integers(header.get("tree_sizes", ""), 1, len(body))
    if sizes is None or not len(sizes) or len(sizes) % n_outputs or sizes.sum() > len(body):
        return "its tree_sizes are not those of its trees"
    ends = np.cumsum(sizes)
    for number, (start, end) in enumerate(zip((ends - sizes).tolist(), ends.tolist(), strict=True)):
        tree = body[start:end]
        problem = _tree_problem(tree, number, n_features)
        if problem:
            return f"tree {number}: {problem}"
    return "" if body[int(ends[-1]) :].lstrip("\n").startswith(_END) else f"it has no {_END!r}"


def _count(header: dict[str, str], name: str) -> int:
    found = _integers(header.get(name, ""), 0, _MAX_LEAVES)
    return int(found[0]) if found is not None and len(found) == 1 else -1


def _tree_problem(text: str, number: int, n_features: int) -> str:
    if not text.startswith(f"Tree={number}\n"):
        return "it does not stand where tree_sizes says"
    tree = _fields(text)
    if tree.get("num_cat") != "0" or tree.get("is_linear", "0") != "0":
        return "it splits on categories or has linear leaves, which QLOP's models do not"
    leaves = _integers(tree.get("num_leaves", ""), 1, _MAX_LEAVES)
    if leaves is None or len(leaves) != 1:
        return "its num_leaves is no number of leaves"
    if not _are_numbers(tree.get("leaf_value", ""), int(leaves[0])):
        return f"its leaf_value is not {leaves[0]} finite numbers"
    return _splits_problem(tree, int(leaves[0]) - 1, n_features) if leaves[0] > 1 else ""


def _splits_problem(tree: dict[str, str], n_splits: int, n_features: int) -> str:
    # An infinite threshold parts what is known from what is missing.
    if not _are_numbers(tree.get("threshold", ""), n_splits, may_be_infinite=True):
        return f"its threshold is not {n_splits} numbers"
    for name, least, most in (("split_feature", 0, n_features - 1), ("decision_type", 0, 15)):
        values = _integers(tree.get(name, ""), least, most)
        if values is None or len(values) != n_splits:
            return f"its {name} is not {n_splits} numbers from {least} to {most}"
    children = [_integers(tree.get(name, ""), -n_splits - 1, n_splits - 1) for name in ("left_child", "right_child")]
    return "" if _is_tree(children, n_splits) else "its children are not those of a tree"


def _is_tree(children: list[NDArray[np.int64] | None], n_splits: int) -> bool:
    """Whether every split but the first, and every leaf, is the child of one earlier split."""
    left, right = children
    if left is None or right is None or len(left) != n_splits or len(right) != n_splits:
        return False
    parents = np.arange(n_splits)
    if any(((side >= 0) & (side <= parents)).any() for side in (left, right)):
        return False
    both = np.sort(np.concatenate((left, right)))
    return np.array_equal(both, np.concatenate((np.arange(-n_splits - 1, 0), np.arange(1, n_splits))))


def _fields(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines())
    fields: dict[str, str] = {}
    for name, _, value in pairs:
        # LightGBM takes the first of a name, or refuses the second; a later one must not hide it from these checks.
        fields[name] = value if name not in fields or not name else "given twice"
    return fields


def _integers(text: str, least: int, most: int) -> NDArray[np.int64] | None:
    """Return whole numbers in their bounds; None where any is not."""
    try:
        values = np.array([int(part) for part in text.split(" ") if part], dtype=np.int64)
    except (ValueError, OverflowError):
        return None
    return values if ((values >= least) & (values <= most)).all() else None


def _are_numbers(text: str, count: int, *, may_be_infinite: bool = False) -> bool:
    try:
        values = np.array([float(part) for part in text.split(" ") if part])
    except ValueError:
        return False
    is_sound = ~np.isnan(values) if may_be_infinite else np.isfinite(values)
    return len(values) == count and bool(is_sound.all())
