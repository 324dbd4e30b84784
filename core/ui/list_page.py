"""Which page of a list that is longer than one table."""

from __future__ import annotations

import streamlit as st

__all__ = ["page_of_list"]


def page_of_list(n_rows: int, rows_a_page: int, noun: str) -> int:
    """Return which page is asked for, from 1, and draw the choice where there are several.

    Parameters
    ----------
    n_rows : int
        Of the whole list.
    rows_a_page : int
        Of each page but the last.
    noun : str
        What a row is, in the plural: "runs".
    """
    n_pages = max(1, -(-n_rows // rows_a_page))
    if n_pages == 1:
        return 1
    label = f"Page of {n_pages}: {rows_a_page:,} {noun} each, newest first"
    # A key of the number of pages: a page that is no more is not asked for.
    return int(st.number_input(label, 1, n_pages, key=f"page-of-{n_pages}-of-{noun}", width=320))
