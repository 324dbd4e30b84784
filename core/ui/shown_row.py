"""A row of a long table that an address names, brought into view: a grid has no setting for where it is scrolled to."""

from __future__ import annotations

import streamlit as st

from core.ui.style import UNSEEN

__all__ = ["show_row"]

# A grid draws itself on a canvas, inside an element that scrolls; it may be there only after this script. A row that a
# person sees is left where it is.
_COMPONENT = st.components.v2.component(
    "qlop_shown_row",
    js="""
const shown = new WeakMap();
export default function ({ data, parentElement }) {
  if (shown.get(parentElement) === data.row) return;
  let tries = 60, timer = 0;
  const look = () => {
    const grids = [...document.querySelectorAll("[data-testid=stDataFrame]")];
    const grid = grids.find(found => found.querySelector(`[aria-label="${CSS.escape(data.name)}"]`)) ?? grids[0];
    const scroller = grid?.querySelector(".dvn-scroller");
    if (!scroller || scroller.scrollHeight <= scroller.clientHeight) {
      if (tries-- > 0) timer = setTimeout(look, 50);
      return;
    }
    shown.set(parentElement, data.row);
    const top = data.row * data.height, room = scroller.clientHeight - 2 * data.height;
    if (top < scroller.scrollTop || top > scroller.scrollTop + room) scroller.scrollTop = Math.max(0, top - room / 2);
  };
  look();
  return () => clearTimeout(timer);
}
""",
)


def show_row(table: str, row: int, *, row_height: int) -> None:
    """Scroll the table named `table` so that `row` is seen, once for each row that comes to be the chosen one.

    Parameters
    ----------
    table : str
        The table's name for screen readers.
    row : int
        Its place, from 0.
    row_height : int
        Pixels.
    """
    with st.container(key=f"{UNSEEN}-row"):
        _COMPONENT(key=f"shown-row-{table}", data={"name": table, "row": row, "height": row_height})
