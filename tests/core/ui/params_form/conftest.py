"""A form of any model, driven as a person drives it."""

import pytest
from streamlit.testing.v1 import AppTest

from core.ui.markdown_text import escaped
from core.ui.params_form import form_schema, read_form


def draw(schema, initial, problems, leave_out):
    import streamlit as st

    from core.ui.params_form import form_problems, params_form

    if "next_schema" in st.session_state:
        schema = st.session_state["next_schema"]
    if "next_problems" in st.session_state:
        problems = st.session_state["next_problems"]
    if st.session_state.get("is_elsewhere"):
        st.text("Another page.")
    else:
        st.session_state["raw"] = params_form(
            schema, key="form", initial=initial, problems=problems, leave_out=leave_out
        )
        st.session_state["form_problems"] = form_problems("form")


class DrivenForm:
    """A form, its widgets by the label that a person reads, and the values that it gives back."""

    def __init__(self, model, schema, initial, leave_out):
        self.model = model
        arguments = {"schema": schema, "initial": initial, "problems": (), "leave_out": leave_out}
        self.app = AppTest.from_function(draw, kwargs=arguments, default_timeout=30)
        self.run()

    def run(self):
        self.app.run()
        assert not self.app.exception, self.app.exception
        return self

    @property
    def raw(self):
        return self.app.session_state["raw"]

    @property
    def value(self):
        result = read_form(self.model, self.raw)
        assert result.value is not None, result.problems
        return result.value

    @property
    def texts(self):
        return [element.value for element in self.app.text]

    def check(self):
        """Check the values as the Start button does, and draw what was found."""
        self.app.session_state["next_problems"] = read_form(self.model, self.raw).problems
        return self.run()

    def reload(self, model):
        """Go on with another class of the plugin."""
        self.model = model
        self.app.session_state["next_schema"] = form_schema(model)
        return self.run()

    def leave_and_return(self):
        """Look at another page and come back."""
        self.app.session_state["is_elsewhere"] = True
        self.run()
        assert self.texts == ["Another page."]
        self.app.session_state["is_elsewhere"] = False
        return self.run()

    def all(self, kind, label):
        return [widget for widget in self.app.get(kind) if widget.label == escaped(label)]

    def one(self, kind, label):
        found = self.all(kind, label)
        assert len(found) == 1, [(widget.type, widget.label) for widget in self.app.get(kind)]
        return found[0]

    def type(self, kind, label, value):
        self.one(kind, label).set_value(value)
        return self.run()

    def press(self, says, at=0):
        """Press the button with this label or tooltip."""
        found = [button for button in self.app.button if escaped(says) in (button.label, button.help)]
        found = found or [button for button in self.app.button if button.label == f"Add to {escaped(says[7:])}"]
        assert found, [(button.label, button.help) for button in self.app.button]
        found[at].click()
        return self.run()


@pytest.fixture
def form():
    """Draws the form of a model, or of a schema."""

    def drawn(model=None, *, schema=None, initial=None, leave_out=()):
        return DrivenForm(model, schema or form_schema(model), initial, leave_out)

    return drawn
