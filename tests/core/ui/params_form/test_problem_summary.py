"""The problems of a form in one place, by its button."""

from streamlit.testing.v1 import AppTest

from core.base.validation import FieldProblem

HOSTILE = "<b>x</b> [a](javascript:alert(1)) is not a known field."


def draw(problems):
    from core.ui.params_form import problem_summary

    problem_summary(problems)


def summary_of(*messages):
    problems = [FieldProblem(("field",), message) for message in messages]
    app = AppTest.from_function(draw, kwargs={"problems": problems}, default_timeout=60).run()
    assert not app.exception
    return [element.value for element in app.markdown], [element.value for element in app.text]


def test_a_form_without_problems_has_no_summary():
    assert summary_of() == ([], [])


def test_the_summary_counts_the_fields_and_says_each_problem_as_text():
    titles, texts = summary_of("a is missing; it must be given.", HOSTILE)
    assert "2 fields need other values" in titles[0]
    assert texts == [f"a is missing; it must be given.\n{HOSTILE}"]
    assert not any("javascript" in title for title in titles)


def test_one_problem_is_told_in_the_singular():
    assert "One field needs another value" in summary_of("a is missing; it must be given.")[0][0]
