"""The entry script: its first screen, and a mark that comes from nowhere else."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from streamlit.testing.v1 import AppTest

from core.ui.brand import icon, wordmark

MAIN = Path(__file__).parents[2] / "core" / "ui" / "main.py"


def test_the_first_screen_is_the_overview(home):
    app = AppTest.from_file(str(MAIN), default_timeout=60).run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Overview"]


@pytest.mark.parametrize("drawing", [icon, wordmark])
def test_the_mark_is_a_drawing_of_its_own_that_loads_nothing(drawing):
    elements = list(ET.fromstring(drawing()).iter())
    assert elements[0].tag == "{http://www.w3.org/2000/svg}svg"
    assert not [name for element in elements for name in element.attrib if "href" in name or "src" in name]
