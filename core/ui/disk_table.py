"""What takes up room on the disk, as a table."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import streamlit as st

from core.ui.tables import reading_table

if TYPE_CHECKING:
    from core.services.disk_use import DiskUse, PlaceUse

__all__ = ["CACHES", "disk_table"]

CACHES = ("Cache of plugin scans", "Compiled kernels")


def disk_table(use: DiskUse, *, only: Collection[str] = ()) -> None:
    """Draw the places that exist, or those named in `only`."""
    import pandas as pd

    places = [place for place in use.places if not only or place.name in only]
    if not places:
        st.markdown("Nothing yet.")
        return
    table = pd.DataFrame(
        [(_named(place), place.n_files, place.size_bytes, place.path) for place in places],
        columns=["name", "n_files", "size_bytes", "path"],
    )
    config = st.column_config
    columns = {
        "name": config.TextColumn("What"),
        "size_bytes": config.NumberColumn("Size", format="bytes", width=90),
        "n_files": config.NumberColumn("Files", format="localized", width=80),
        "path": config.TextColumn("Where", width="large"),
    }
    reading_table(table, columns=columns, name="Disk use")


def _named(place: PlaceUse) -> str:
    return f"{place.name}, about" if place.is_estimate else place.name
