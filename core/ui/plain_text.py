"""Text from runs, names and plugins, drawn as the characters that it is.

What a person or a plugin wrote goes through here or a table, never through Streamlit's markdown: a title such as
"[a link](https://example.org)" is shown, not followed.
"""

from __future__ import annotations

import html
import inspect
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.base.errors import QlopError
from core.ui.style import FIELD_PROBLEM, HEADING, QUIET

__all__ = [
    "field_problem",
    "heading",
    "monospace",
    "notice",
    "problem",
    "problems_shown",
    "prose",
    "quiet",
    "without_marks",
]


def heading(text: str, key: str) -> None:
    """Draw `text` as a heading, in outline too; `key` is this heading's own within the page."""
    with st.container(key=f"{HEADING}-{key}", width="content"):
        st.html(f"<h2>{html.escape(text)}</h2>")


def quiet(text: str, key: str) -> None:
    """Draw `text` small and pale; `key` is its own within the page."""
    with st.container(key=f"{QUIET}-{key}", width="content"):
        st.text(text)


def field_problem(text: str, key: str) -> None:
    """Draw what is wrong with the field above, in red; `key` is its own within the page."""
    with st.container(key=f"{FIELD_PROBLEM}-{key}", width="content"):
        st.text(text)


def monospace(text: str, *, language: str | None = None, wraps: bool = False) -> None:
    """Draw `text` with its columns and line ends as they are, to read and to copy."""
    st.code(text, language=language, wrap_lines=wraps)


def prose(text: str) -> None:
    """Draw a docstring: paragraphs flow with the page's width, whatever is indented keeps its lines."""
    for paragraph in inspect.cleandoc(without_marks(text)).split("\n\n"):
        lines = paragraph.splitlines()
        is_laid_out = any(line.startswith((" ", "-", "=", "*", "|")) for line in lines)
        st.text("\n".join(lines) if is_laid_out else " ".join(lines))


def without_marks(text: str) -> str:
    """Return a sentence of a docstring or a description without the backticks about its names."""
    return text.replace("`", "")


def problem(title: str, text: str) -> None:
    """Draw what went wrong; `title` is ours, `text` is anybody's."""
    with st.container(border=True):
        st.markdown(f":red[:material/error:] **{title}**")
        st.text(text)


def notice(title: str, text: str) -> None:
    """Draw what a person should know and do; `title` is ours, `text` is anybody's."""
    with st.container(border=True):
        st.markdown(f":orange[:material/warning:] **{title}**")
        st.text(text)


@contextmanager
def problems_shown(title: str) -> Iterator[None]:
    """Draw a QlopError of the block where the block would have drawn, and go on after it."""
    try:
        yield
    except QlopError as error:
        problem(title, str(error))
