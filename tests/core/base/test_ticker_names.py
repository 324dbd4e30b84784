"""What may name an instrument, and how a refused name is shown."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.ticker_names import LONGEST_TICKER, ticker_fault, ticker_shown, ticker_text


@pytest.mark.parametrize("name", ["AAPL", "BRK-B", "^GSPC", "EURUSD=X", "../x", "=cmd()", "CON", "é", "e\u0301", "a b"])
def test_what_can_be_seen_may_name_an_instrument(name):
    assert ticker_fault(name) == ""


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "is no name"),
        (" \t", "is no name"),
        (7, "is no name but of the type int"),
        (None, "is no name but of the type NoneType"),
        (" A", "begins or ends with white space"),
        ("A\u00a0", "begins or ends with white space"),
        ("a\nb", "holds a control character, U+000A"),
        ("a\x9bb", "holds a control character, U+009B"),
        ("a\u202eb", "holds an invisible character, U+202E"),
        ("a\ud800", "holds half of a character (a lone surrogate), U+D800"),
        ("a\u2028b", "holds a line separator, U+2028"),
        ("x" * (LONGEST_TICKER + 1), "has 65 characters; at most 64"),
    ],
)
def test_the_rest_is_refused_with_its_reason(name, fault):
    assert ticker_fault(name).startswith(fault)


@given(st.text(st.characters(exclude_categories=[]), max_size=90))
def test_a_name_that_passes_survives_every_encoding_and_a_refused_one_is_shown_harmlessly(name):
    if not ticker_fault(name):
        assert name.encode("utf-8").decode("utf-8") == name == name.strip()
        assert {unicodedata.category(mark) for mark in name}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    shown = ticker_text(name)
    assert shown.isprintable()
    assert len(shown) <= 40


def test_a_name_is_shown_as_it_is_where_it_may_be_one_and_quoted_and_cut_where_it_may_not():
    assert ticker_shown("=cmd()") == "=cmd()"
    assert ticker_shown("AB ") == "'AB '"
    assert ticker_shown(None) == "None"
    assert ticker_shown("A" * 10_000) == f"'{'A' * 36}..."
