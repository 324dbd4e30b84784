"""Frames that are written a group of rows at a time."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from core.store.table_writing import write_parquet
from core.testing.panels import make_panel

PANEL = make_panel(40, 3)


def test_a_small_frame_has_the_bytes_that_pyarrow_gives_it(tmp_path: Path) -> None:
    write_parquet(PANEL, tmp_path / "ours")
    parquet.write_table(pa.Table.from_pandas(PANEL), tmp_path / "theirs", compression="zstd")
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(PANEL, id="panel"),
        pytest.param(PANEL.reset_index(), id="counted rows"),
        pytest.param(PANEL.reset_index().astype({"ticker": "category"}), id="categories"),
        pytest.param(pd.DataFrame({"text": ["a", None] * 40, "late": [None] * 79 + [1.5]}), id="late values"),
    ],
)
def test_groups_of_rows_come_back_as_one_frame(tmp_path: Path, frame: pd.DataFrame) -> None:
    write_parquet(frame, tmp_path / "table", rows_a_group=32)
    assert parquet.ParquetFile(tmp_path / "table").num_row_groups == -(-len(frame) // 32)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "table"), frame, check_exact=True)


def test_a_frame_without_rows_keeps_its_columns(tmp_path: Path) -> None:
    write_parquet(PANEL.iloc[:0], tmp_path / "table")
    assert list(pd.read_parquet(tmp_path / "table").columns) == list(PANEL.columns)
