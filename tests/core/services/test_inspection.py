"""Inspections: the newest of a config is found, and its tables are read by ticker."""

import shutil

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from core.base.errors import StoreError
from core.services.inspection import find_inspection, newest_inspection, open_inspection
from core.services.python_run import run
from core.services.run_files import open_run_files
from core.services.workbench import open_workbench

CONFIG = {
    "mode": "inspect_data",
    "data": {"data_source_type": "sample", "tickers": ["FB", "IBM"], "start_date": "2012-01-03"},
    "features": [{"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5]}}],
}


@pytest.fixture(scope="module")
def inspected(tmp_path_factory):
    """A home with two inspections of one config, and one of another."""
    home = tmp_path_factory.mktemp("inspections") / "home"
    first, second = (run({**CONFIG, "title": title}, home=home).run_id for title in ("one", "two"))
    other = run({**CONFIG, "features": []}, home=home).run_id
    return open_workbench(home), first, second, other


def as_resolved(workbench, run_id, **changes):
    return yaml.safe_dump({**open_run_files(workbench, run_id).folder.config(), **changes})


def test_the_newest_inspection_of_the_same_data_and_features_is_found_whatever_its_title(inspected):
    workbench, first, second, _ = inspected
    assert find_inspection(workbench, as_resolved(workbench, first, title="three", thread_count=1)) == second


def test_other_features_are_another_inspection(inspected):
    workbench, first, _, other = inspected
    assert find_inspection(workbench, as_resolved(workbench, first, features=[])) == other
    data = {**open_run_files(workbench, first).folder.config()["data"], "tickers": ["IBM"]}
    assert find_inspection(workbench, as_resolved(workbench, first, data=data)) is None


def test_the_newest_of_all_is_known_and_an_empty_home_has_none(inspected, tmp_path):
    workbench, *_, other = inspected
    assert newest_inspection(workbench) == other
    assert newest_inspection(open_workbench(tmp_path / "home")) is None


def test_bars_and_features_are_read_ticker_by_ticker(inspected):
    workbench, first, *_ = inspected
    inspection = open_inspection(workbench, first)
    assert inspection.tickers == ["FB", "IBM"]
    assert list(inspection.bars("FB").columns) == ["open", "high", "low", "close", "volume"]
    assert len(inspection.bars("FB")) == 196
    assert inspection.feature_names == ["mom_5"]
    assert inspection.feature("FB", "mom_5")["mom_5"].isna().sum() == 5
    assert inspection.target_correlation is None
    assert inspection.facts["n_tickers"] == 2


def test_the_prices_of_other_tickers_are_not_read(inspected, tmp_path):
    workbench, first, *_ = inspected
    shutil.copytree(workbench.home.path, tmp_path / "home")
    inspection = open_inspection(open_workbench(tmp_path / "home"), first)
    file = inspection.files.folder.path / inspection.files.announced["prices"].path
    prices = pd.read_parquet(file).sort_index(level="ticker", kind="stable")
    prices.to_parquet(file, row_group_size=196)
    other = pq.ParquetFile(file).metadata.row_group(2).column(0)
    with file.open("r+b") as broken:
        broken.seek(other.dictionary_page_offset or other.data_page_offset)
        broken.write(b"\xff" * other.total_compressed_size)
    assert len(inspection.bars("FB")) == 196
    with pytest.raises(StoreError):
        inspection.bars("IBM")
