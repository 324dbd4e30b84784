"""Numbers and texts out of cells."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.engine.table_cells import CellError, categories_of, numbers_of, texts_of


def cells(*values: object) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(list(values))])


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.5", 1.5), (" 1.5 ", 1.5), ("+2", 2.0), ("-3.", -3.0), (".5", 0.5), ("1e3", 1000.0), ("1E-2", 0.01)],
)
def test_a_number_is_read_from_its_text(text: str, number: float) -> None:
    assert numbers_of(cells(text)).tolist() == [number]


@pytest.mark.parametrize(
    "text", ["1,5", "1 5", "abc", "1.5%", "$5", "0x10", "1.2.3", "--1", "nan", "NaN", "inf", "-", "e5", "1_000", "NULL"]
)
def test_a_text_that_is_no_number_is_refused_with_its_row(text: str) -> None:
    with pytest.raises(CellError, match="is no number") as caught:
        numbers_of(cells("1", "2", text, "x"))
    assert caught.value.row == 2
    assert repr(text) in caught.value.reason


@pytest.mark.parametrize(
    ("decimal", "thousands", "text", "number"),
    [
        (",", "", "1,5", 1.5),
        (",", ".", "1.234.567,25", 1234567.25),
        (",", " ", "1 234,5", 1234.5),
        (".", ",", "1,234,567.25", 1234567.25),
        (".", "'", "1'234", 1234.0),
        (".", ",", "1234.5", 1234.5),
    ],
)
def test_decimal_and_thousands_marks_are_read_as_said(decimal: str, thousands: str, text: str, number: float) -> None:
    assert numbers_of(cells(text), decimal=decimal, thousands=thousands).tolist() == [number]


@pytest.mark.parametrize(
    ("decimal", "thousands", "text"),
    [
        (".", ",", "1,5"),
        (".", ",", "12,34,567"),
        (",", ".", "1.5"),
        (",", "", "1.5"),
        (".", ",", ",123"),
        (",", "", "1,2,3"),
    ],
)
def test_marks_in_the_wrong_place_are_refused_rather_than_dropped(decimal: str, thousands: str, text: str) -> None:
    with pytest.raises(CellError, match="is no number"):
        numbers_of(cells(text), decimal=decimal, thousands=thousands)


@pytest.mark.parametrize("column", [cells("1", "", "2"), cells("1", "  ", "2"), cells(1.0, None, 2.0)])
def test_an_empty_cell_is_refused_unless_it_has_a_meaning(column: pa.ChunkedArray) -> None:
    with pytest.raises(CellError, match="the cell is empty") as caught:
        numbers_of(column)
    assert caught.value.row == 1
    assert numbers_of(column, empty=0.0).tolist() == [1.0, 0.0, 2.0]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(CellError, match="is not finite"):
        numbers_of(pa.chunked_array([pa.array([1.0, value], type=pa.float64())]))


def test_a_text_of_a_number_too_large_is_refused() -> None:
    with pytest.raises(CellError, match="is not finite"):
        numbers_of(cells("1e999"))


@pytest.mark.parametrize("wrong", ["9", "x", "1,"])
def test_a_long_cell_is_cut_where_it_is_shown(wrong: str) -> None:
    with pytest.raises(CellError) as told:
        numbers_of(cells("1", wrong * 2_000_000))
    assert told.value.row == 1
    assert wrong * 30 in told.value.reason
    assert len(told.value.reason) < 250


def test_whole_numbers_decimals_and_small_floats_become_float64() -> None:
    assert numbers_of(cells(1, 2)).tolist() == [1.0, 2.0]
    assert numbers_of(cells(Decimal("1.25"))).tolist() == [1.25]
    assert numbers_of(pa.chunked_array([pa.array([1.5], type=pa.float32())])).tolist() == [1.5]


def test_booleans_and_times_are_no_numbers() -> None:
    with pytest.raises(CellError, match="the column holds bool; it must hold numbers"):
        numbers_of(cells(True, False))


def test_dictionary_encoded_columns_read_like_plain_ones() -> None:
    assert texts_of(cells("b", "a", "b").dictionary_encode()).tolist() == ["b", "a", "b"]
    assert numbers_of(cells("1", "2").dictionary_encode()).tolist() == [1.0, 2.0]


@pytest.mark.parametrize("empty", ["", "   ", None])
def test_a_text_that_is_empty_is_refused(empty: str | None) -> None:
    with pytest.raises(CellError, match="the cell is empty") as caught:
        texts_of(cells("AAPL", empty))
    assert caught.value.row == 1


def test_texts_lose_the_white_space_around_them() -> None:
    assert texts_of(cells(" AAPL", "BRK B ")).tolist() == ["AAPL", "BRK B"]


@pytest.mark.parametrize("encode", [False, True])
def test_texts_that_repeat_are_kept_once_and_read_alike(encode: bool) -> None:
    column = cells(" B", "A", "B ", "A", "C")
    found = categories_of(column.dictionary_encode() if encode else column)
    assert list(found) == texts_of(column).tolist() == ["B", "A", "B", "A", "C"]
    assert sorted(found.categories) == ["A", "B", "C"]


def test_texts_that_repeat_are_read_from_several_chunks_with_other_dictionaries() -> None:
    chunks = [pa.array(["A", "B"]).dictionary_encode(), pa.array(["C", "B"]).dictionary_encode()]
    assert list(categories_of(pa.chunked_array(chunks))) == ["A", "B", "C", "B"]


@pytest.mark.parametrize("empty", ["", "   ", None])
def test_an_empty_text_among_those_that_repeat_is_refused_with_its_row(empty: str | None) -> None:
    with pytest.raises(CellError, match="the cell is empty") as caught:
        categories_of(cells("AAPL", "AAPL", empty, "IBM"))
    assert caught.value.row == 2


@settings(deadline=None, max_examples=100)
@given(numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_every_number_that_python_writes_is_read_back_to_the_last_bit(numbers: list[float]) -> None:
    assert numbers_of(cells(*map(repr, numbers))).tolist() == numbers
    in_german = [repr(number).replace(".", ",") for number in numbers]
    assert numbers_of(cells(*in_german), decimal=",", thousands=".").tolist() == numbers
