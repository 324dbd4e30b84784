"""Anybody's text within markdown is shown as the characters that it is."""

import pytest

from core.ui.markdown_text import escaped


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("a *b* _c_", r"a \*b\* \_c\_"),
        ("[a](b) ![g](h)", r"\[a\](b) !\[g\](h)"),
        ("<i>&amp;", r"\<i>\&amp;"),
        ("~x~ $y$ `c`", r"\~x\~ \$y\$ \`c\`"),
        (r"\*", r"\\\*"),
        ("# d", r"\# d"),
        ("- f", r"\- f"),
        ("> q", r"\> q"),
        ("1. e", "1\u2060. e"),
        ("a\n\n    b", "a b"),
    ],
)
def test_what_can_begin_markup_is_escaped(text, markdown):
    assert escaped(text) == markdown


@pytest.mark.parametrize("text", ["Horizon (bars)", "Rate (%)", "Of the value, 0.5 to 1; above 0.", "a - b: c"])
def test_plain_words_are_left_as_they_are_since_labels_are_read_aloud(text):
    assert escaped(text) == text


@pytest.mark.parametrize(
    "text", [":material/home:", ":smile:", ":red[x]", "https://example.org", "www.example.org", "me@example.org"]
)
def test_what_is_searched_for_after_escaping_is_kept_apart(text):
    plain = escaped(text).replace("\\", "")
    assert text not in plain
    assert plain.replace("\u2060", "") == text
