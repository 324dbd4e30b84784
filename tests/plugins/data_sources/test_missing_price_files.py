"""Price files that are not there: known before a run begins, beside their field."""

from pathlib import Path

import pytest
import qlop
from pydantic import ValidationError

from plugins.data_sources.files import Files
from plugins.data_sources.parquet_lake import ParquetLake
from plugins.data_sources.sql import Sql


@pytest.mark.parametrize("source", [Files, ParquetLake])
@pytest.mark.parametrize("name", ["nosuch.parquet", "nosuch/*.parquet", "empty"])
def test_a_path_without_a_file_is_refused_at_the_start(
    tmp_path: Path, source: type[Files] | type[ParquetLake], name: str
) -> None:
    (tmp_path / "empty").mkdir()
    plugin = source("prices", source.Params(path=str(tmp_path / name)))  # type: ignore[arg-type]
    with pytest.raises(qlop.ConfigError, match=rf"^path is '{tmp_path}/.*Correct the path\.$"):
        plugin.check()


@pytest.mark.parametrize("source", [Files, ParquetLake])
def test_a_path_with_a_file_is_not(tmp_path: Path, source: type[Files] | type[ParquetLake]) -> None:
    (tmp_path / "a.parquet").touch()
    for path in (tmp_path, tmp_path / "a.parquet", tmp_path / "*.parquet"):
        source("prices", source.Params(path=str(path))).check()  # type: ignore[arg-type]


def test_a_sqlite_file_that_is_not_there_is_refused_at_the_start(tmp_path: Path) -> None:
    place = tmp_path / "p.db"
    plugin = Sql("sql", Sql.Params(sqlite_file=str(place), table="bars"))
    with pytest.raises(qlop.ConfigError, match=r"^sqlite_file: There is no SQLite file"):
        plugin.check()
    place.touch()
    plugin.check()


@pytest.mark.parametrize("url", ["sqlite:///p.db", "sqlite+pysqlite:///p.db"])
def test_a_url_of_a_sqlite_file_points_to_sqlite_file(url: str) -> None:
    with pytest.raises(ValidationError, match="give its path as sqlite_file"):
        Sql.Params.model_validate({"url": url, "table": "bars"})
