"""Reading the cells of a table, as a file holds them, into numbers and texts.

Whatever cannot be read exactly is refused with its row: nothing is guessed, skipped or rounded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.base.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["CellError", "categories_of", "numbers_of", "plain_column", "refuse_first", "shown_text", "texts_of"]

_THOUSANDS = {" ": " \u00a0\u202f\u2009", "'": "'\u2019"}
"""Marks that stand for each other: which of them a program writes follows no rule."""

_SHOWN = 80
_EXACT_TO = 2**53  # above it float64 leaves whole numbers out
_PLAIN_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


class CellError(DataError):
    """A cell that cannot be read.

    Attributes
    ----------
    row : int
        Its position in the column, from 0.
    reason : str
        What is there, and what may be.
    """

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(f"row {row}: {reason}")
        self.row = row
        self.reason = reason


def numbers_of(
    column: pa.ChunkedArray, *, decimal: str = ".", thousands: str = "", empty: float | None = None
) -> NDArray[np.float64]:
    """Return a column's numbers as float64.

    Parameters
    ----------
    column : ChunkedArray
        Numbers, or texts that hold numbers.
    decimal, thousands : str
        The decimal mark and the mark between groups of three digits ("" for none) of texts; " " stands for hard and
        narrow spaces too, and "'" for the typographic apostrophe.
    empty : float or None
        What an empty cell means; None refuses it.

    Raises
    ------
    CellError
        If a cell is empty, is no finite number, or a whole number that float64 does not hold; the first one.
    """
    column = given = plain_column(column)
    if (plain := _plain_number_texts(column, decimal, thousands)) is not None:
        return plain
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = _number_texts(column, decimal, thousands, empty)
    elif not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type) or _is_decimal(column.type)):
        raise CellError(0, f"the column holds {column.type}; it must hold numbers")
    if column.null_count and empty is None:
        row = int(np.argmax(column.is_null().to_numpy()))
        raise CellError(row, "the cell is empty; it must hold a number")
    _refuse_rounding(column)
    held: NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy()
    numbers = held if held.flags.writeable else held.copy()
    if column.null_count:
        numbers[column.is_null().to_numpy()] = empty
    is_finite = np.isfinite(numbers)
    if not is_finite.all():
        row = int(np.argmin(is_finite))
        raise CellError(row, f"{_cut(str(given[row].as_py()))} is not finite; it must be a finite number")
    return numbers


def texts_of(column: pa.ChunkedArray) -> pd.Series:
    """Return a column's texts, white space around them taken off.

    Raises
    ------
    CellError
        If a cell is empty; the first one.
    """
    texts: pd.Series = pc.utf8_trim_whitespace(plain_column(column).cast(pa.string())).to_pandas().astype("str")
    refuse_first(texts.isna() | (texts == ""), texts, lambda _text: "the cell is empty; it must hold a text")
    return texts


def categories_of(column: pa.ChunkedArray, padded: set[str] | None = None) -> pd.Categorical:
    """Return a column's texts as `texts_of` does, each text kept once: for columns of few texts that repeat.

    `padded` gets those that had white space around them, as they stood.

    Raises
    ------
    CellError
        If a cell is empty; the first one.
    """
    import pandas as pd

    encoded = column.dictionary_encode() if not pa.types.is_dictionary(column.type) else column
    encoded = encoded.unify_dictionaries().combine_chunks()
    held = encoded.dictionary.cast(pa.string())
    trimmed = pc.utf8_trim_whitespace(held)
    if padded is not None:
        padded.update(held.filter(pc.not_equal(held, trimmed)).to_pylist())
    texts = trimmed.to_pandas().astype("str")
    codes = np.array(encoded.indices.fill_null(-1).to_numpy(), dtype=np.int64)
    merged, categories = pd.factorize(texts)
    is_empty = np.append(
        ((texts == "") | texts.isna()).to_numpy(), True
    )  # code -1, an empty cell, reads the last entry
    wrong = is_empty[codes]
    if wrong.any():
        raise CellError(int(np.argmax(wrong)), "the cell is empty; it must hold a text")
    return pd.Categorical.from_codes(merged[codes], categories=pd.Index(categories, dtype="str"))


def shown_text(text: str) -> str:
    """Return how messages show a cell's text: quoted, and cut where it is long."""
    return _cut(repr(text))


def plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column with its dictionary encoding, if any, undone."""
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return column


def _cut(shown: str) -> str:
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 3]}..."


def _refuse_rounding(column: pa.ChunkedArray) -> None:
    if not pa.types.is_integer(column.type) or column.type.bit_width < 64:
        return
    bounds = pc.min_max(column).as_py()
    if max(abs(bounds["min"] or 0), abs(bounds["max"] or 0)) <= _EXACT_TO:
        return
    for row, number in enumerate(column.to_pylist()):
        if number is not None and int(float(number)) != number:
            raise CellError(row, f"{number} has more digits than float64 holds (about 15.9); write it rounded")


def _plain_number_texts(column: pa.ChunkedArray, decimal: str, thousands: str) -> NDArray[np.float64] | None:
    """Return the numbers of texts that are all plain, None of others: what is finite to Arrow is a number to us too."""
    if decimal != "." or thousands or not pa.types.is_string(column.type) or column.null_count:
        return None
    try:
        numbers: NDArray[np.float64] = column.cast(pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        return None
    if not np.isfinite(numbers).all():
        return None
    return numbers if numbers.flags.writeable else numbers.copy()


def _is_decimal(kind: Any) -> bool:  # noqa: ANN401 - pyarrow ships no types
    return bool(pa.types.is_decimal(kind))


def _number_texts(column: pa.ChunkedArray, decimal: str, thousands: str, empty: float | None) -> pa.ChunkedArray:
    texts = pc.utf8_trim_whitespace(column)
    if empty is not None:
        texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, texts.type), texts)
    pattern = _number_pattern(decimal, thousands)
    readable = pc.fill_null(pc.match_substring_regex(texts, pattern), True).to_numpy()
    if not readable.all():
        row = int(np.argmin(readable))
        raise CellError(row, _no_number(texts[row].as_py(), decimal, thousands))
    if thousands:
        texts = pc.replace_substring_regex(texts, _thousands_pattern(thousands), "")
    if decimal != ".":
        texts = pc.replace_substring(texts, decimal, ".")
    return texts.cast(pa.float64())


def _number_pattern(decimal: str, thousands: str) -> str:
    if decimal == "." and not thousands:
        return _PLAIN_NUMBER
    mark = re.escape(decimal)
    whole = rf"(\d{{1,3}}({_thousands_pattern(thousands)}\d{{3}})+|\d+)" if thousands else r"\d+"
    return rf"^[+-]?({whole}({mark}\d*)?|{mark}\d+)([eE][+-]?\d+)?$"


def _thousands_pattern(mark: str) -> str:
    return f"[{re.escape(_THOUSANDS.get(mark, mark))}]"


def _no_number(text: str, decimal: str, thousands: str) -> str:
    if not text:
        return "the cell is empty; it must hold a number"
    marks = f"decimal mark {decimal!r}, {f'thousands mark {thousands!r}' if thousands else 'no thousands mark'}"
    return f"{shown_text(text)} is no number ({marks}); write a number, or set the parameters decimal and thousands"


def refuse_first(wrong: pd.Series, values: pd.Series, reason: Callable[[Any], str]) -> None:
    """Raise the CellError of the first row that is wrong, if any."""
    if wrong.any():
        row = int(np.argmax(wrong.to_numpy()))
        raise CellError(row, reason(values.iloc[row]))
