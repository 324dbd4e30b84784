"""What is written as YAML is read as the same, whichever schema the reader keeps to."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.config.yaml_reader import parse_yaml
from core.config.yaml_writer import write_yaml

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
NUMBERS = st.from_regex(r"[-+]?[0-9._:]{1,8}([eE][-+]?[0-9]{1,3})?", fullmatch=True)


@pytest.mark.parametrize(
    "text", ["1234e567", "04540101", "1e5", "on", "1:30", "~", "", "0x1f", "2024-01-31", "=", "<<"]
)
def test_a_text_that_looks_like_something_else_stays_text(text):
    written = write_yaml({"title": text})
    assert parse_yaml(written, "config") == yaml.safe_load(written) == {"title": text}


@given(
    st.dictionaries(
        NUMBERS | st.text(max_size=9), SCALARS | NUMBERS | st.lists(SCALARS | NUMBERS, max_size=4), max_size=4
    )
)
def test_any_plain_values_are_read_as_they_were_written(values):
    assert parse_yaml(write_yaml(values), "config") == values
