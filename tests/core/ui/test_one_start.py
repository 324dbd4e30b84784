"""A button starts once for presses that follow on one another, and again after a drawing without one."""

import pytest
from streamlit.testing.v1 import AppTest


def script():
    import streamlit as st

    from core.base.errors import ConfigError
    from core.ui.one_start import may_start_again, start_once
    from core.ui.plain_text import problems_shown

    begun = st.session_state.setdefault("begun", [])

    def start() -> str:
        begun.append("tried")
        if st.session_state.get("fails"):
            raise ConfigError("It does not fit.")
        return f"run {len(begun)}"

    over = (lambda _: st.session_state.get("is_over", False)) if st.session_state.get("stays") else None
    if st.button("Start"):
        with problems_shown("Not started"):
            st.text(start_once("here", start, is_over=over))
    elif not st.session_state.get("stays"):
        may_start_again("here")


@pytest.fixture
def app():
    return AppTest.from_function(script, default_timeout=60).run()


def press(app: AppTest) -> list[str]:
    app.button[0].click().run()
    assert not app.exception
    return [text.value for text in app.text]


def test_a_press_that_follows_on_another_gets_its_answer(app):
    assert press(app) == ["run 1"]
    assert press(app) == ["run 1"]
    assert app.session_state["begun"] == ["tried"]


def test_after_a_drawing_without_a_press_it_starts_again(app):
    press(app)
    app.run()
    assert press(app) == ["run 2"]


def test_after_a_failure_the_next_press_starts(app):
    app.session_state["fails"] = True
    assert press(app) == ["It does not fit."]
    app.session_state["fails"] = False
    assert press(app) == ["run 2"]


def test_on_a_screen_that_stays_it_starts_again_when_what_was_started_is_over(app):
    app.session_state["stays"] = True
    assert press(app) == ["run 1"]
    app.run()
    assert press(app) == ["run 1"]
    app.session_state["is_over"] = True
    assert press(app) == ["run 2"]


def hasty_script():
    """Two presses are answered at the same time, as the server does it with those that follow fast."""
    import threading
    import time

    import streamlit as st
    from streamlit.runtime.scriptrunner import add_script_run_ctx

    from core.ui.one_start import may_start_again, start_once

    begun, answers, is_starting, may_end = [], [], threading.Event(), threading.Event()

    def start() -> str:
        begun.append("tried")
        is_starting.set()
        may_end.wait(60)
        return f"run {len(begun)}"

    presses = [threading.Thread(target=lambda: answers.append(start_once("hasty", start))) for _ in range(2)]
    for press in presses:
        add_script_run_ctx(press)
    presses[0].start()
    is_starting.wait(60)
    may_start_again("hasty")
    presses[1].start()
    time.sleep(0.2)
    may_end.set()
    for press in presses:
        press.join(60)
    st.text(f"{len(begun)}: {answers}")


def test_presses_that_are_answered_at_the_same_time_start_one():
    app = AppTest.from_function(hasty_script).run(timeout=120)
    assert not app.exception
    assert app.text[0].value == "1: ['run 1', 'run 1']"
