"""A list of files, each with a button that downloads it; the button shows one word and is called by its file too."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core.ui.markdown_text import escaped
from core.ui.plain_text import quiet
from core.ui.style import NAMED_BY_FILE

__all__ = ["OfferedFile", "file_list"]


_NAME_WIDTH = 260


@dataclass(frozen=True)
class OfferedFile:
    """A file to download; `read` is called when a person asks for it, not before."""

    name: str
    file_name: str
    size_bytes: int
    read: Callable[[], bytes]


def file_list(files: list[OfferedFile], *, key: str) -> None:
    """Draw the files in order; names are anybody's text. `key` is the list's own within the page."""
    for position, file in enumerate(files):
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            with st.container(key=f"{NAMED_BY_FILE}-{key}-{position}", width="content"):
                st.download_button(
                    # The style hides the name, which stands beside the button, from the eye alone.
                    f"Download **{escaped(file.name)}**",
                    data=file.read,
                    file_name=file.file_name,
                    mime=mimetypes.guess_type(file.file_name)[0] or "application/octet-stream",
                    key=f"{key}-download-{position}",
                    icon=":material/download:",
                    on_click="ignore",
                )
            st.text(file.name, width=_NAME_WIDTH)
            quiet(_size(file.size_bytes), f"{key}-size-{position}")


def _size(size_bytes: int) -> str:
    if size_bytes < 1024:
        return f"{size_bytes} B"
    return f"{size_bytes / 1024:,.1f} KB" if size_bytes < 1024**2 else f"{size_bytes / 1024**2:,.1f} MB"
