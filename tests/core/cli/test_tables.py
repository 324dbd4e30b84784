"""Tables cannot be steered by what stands in them."""

from core.cli.tables import format_table, harmless


def test_columns_are_aligned_and_numbers_stand_to_the_right():
    text = format_table(("name", "n"), [("a", 1), ("long name", 22)], right=(1,))
    assert text.splitlines() == ["name        n", "---------  --", "a           1", "long name  22"]


def test_control_and_direction_characters_are_shown_not_sent():
    assert harmless("\x1b[31mred\x1b[0m") == "\\u001b[31mred\\u001b[0m"
    assert harmless("a\u202eb") == "a\\u202eb"
    assert "\n" not in harmless("two\nlines")
