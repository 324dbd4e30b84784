from __future__ import annotations

import pandas as pd
from qlop.testing import SinkContractSuite

from plugins.sinks.parquet import Parquet


class TestParquet(SinkContractSuite):
    plugin_class = Parquet
    replacing_params = {"replace": True}

    def params_in(self, folder):
        return {"folder": str(folder)}


def written(folder, results):
    return {path.name: path for path in Parquet("parquet", Parquet.Params(folder=str(folder))).write(results)}


def test_tables_read_back_with_their_types(tmp_path, results):
    files = written(tmp_path, results)
    pd.testing.assert_frame_equal(pd.read_parquet(files["trades.parquet"]), results.tables["trades"], check_exact=True)
    pd.testing.assert_frame_equal(
        pd.read_parquet(files["predictions.parquet"]), results.tables["predictions"].reset_index(), check_exact=True
    )


def test_figures_keep_numbers_and_text_apart(tmp_path, results):
    figures = pd.read_parquet(written(tmp_path, results)["metrics.parquet"]).set_index("metric")
    assert figures["value"].dropna().to_dict() == {"sharpe": 0.1 + 0.2, "n_trades": 2.0, "is_ruined": 0.0}
    assert figures["text"].dropna().to_dict() == {"model": "+xgboost"}
    assert figures.loc["brier"].isna().all()


def test_equal_results_give_equal_bytes(tmp_path, results):
    first, second = written(tmp_path / "a", results), written(tmp_path / "b", results)
    assert {name: path.read_bytes() for name, path in first.items()} == {
        name: path.read_bytes() for name, path in second.items()
    }
