"""`qlop predict`: a bundle predicts alone, in a home that has never seen its run."""

import json
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from plugins.data_sources.sample import Sample


@pytest.fixture(scope="module")
def exported(used):
    """A `qlop` whose folder holds a bundle, its example features and the prices of the training."""
    qlop, trained = used
    made = qlop.json("export-model", "--run", trained["run_id"], "--set", "export.exporter_type=bundle")
    shutil.copy(made["artifacts"]["export/model.qlop-bundle.zip"], qlop.folder / "b.zip")
    model = qlop.home / "runs" / trained["run_id"] / "artifacts" / "model"
    examples = pd.read_parquet(model / "examples.parquet")
    expected = [name for name in examples if name.startswith("expected_")]
    features = examples.drop(columns=expected).reset_index()
    features.assign(note="=cmd()").to_csv(qlop.folder / "features.csv", index=False)
    prices = Sample("sample", Sample.Params()).load_data(["AAPL", "IBM"], None, None, "1d").loc["2009":"2010"]
    prices.reset_index().to_parquet(qlop.folder / "prices.parquet")
    return qlop, examples[expected].rename(columns=lambda name: name.removeprefix("expected_"))


def predicted(qlop, *arguments: object) -> subprocess.CompletedProcess[str]:
    return qlop.call("predict", "--bundle", "b.zip", "--home", qlop.folder / "empty", *arguments)


def test_a_table_of_features_is_predicted_as_when_it_was_trained(exported):
    qlop, expected = exported
    done = predicted(qlop, "--data", "features.csv", "--output", "out.parquet")
    assert done.returncode == 0, done.stderr
    assert "features.csv is a table of the model's" in done.stderr
    found = pd.read_parquet(qlop.folder / "out.parquet")
    assert list(found.columns) == ["timestamp", "ticker", "note", *expected.columns]
    pd.testing.assert_frame_equal(found[expected.columns], expected.reset_index(drop=True), check_exact=True)
    assert not (qlop.folder / "empty").exists()


def test_csv_is_printed_without_an_output_and_no_cell_is_a_formula(exported):
    qlop, expected = exported
    done = predicted(qlop, "--data", "features.csv")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("timestamp,ticker,note,prediction,probability_0,probability_1")
    assert len(lines) == len(expected) + 1
    assert all(",'=cmd()," in line for line in lines[1:])


def test_features_are_made_of_prices_and_rows_that_taught_the_model_are_named(exported):
    qlop, _ = exported
    done = predicted(qlop, "--data", "prices.parquet", "--output", "out.csv")
    assert done.returncode == 0, done.stderr
    assert "prices.parquet holds prices; the model's" in done.stderr
    assert "until 2009-12-31 are of bars that the model learned from" in done.stderr
    found = pd.read_csv(qlop.folder / "out.csv")
    assert set(found["ticker"]) == {"AAPL", "IBM"}
    assert found["probability_1"].between(0.0, 1.0).all()


def test_prices_of_other_tickers_are_not_called_rows_that_taught_the_model(exported):
    qlop, _ = exported
    prices = pd.read_parquet(qlop.folder / "prices.parquet").replace({"ticker": {"AAPL": "OURS", "IBM": "YOURS"}})
    prices.to_parquet(qlop.folder / "others.parquet")
    done = predicted(qlop, "--data", "others.parquet", "--output", "others.csv")
    assert done.returncode == 0, done.stderr
    assert "The model did not learn from OURS, YOURS; it learned from " in done.stderr
    assert "that the model learned from; how well" not in done.stderr
    assert "of tickers that it did not learn from lie in the time until 2009-12-31" in done.stderr


def test_prices_too_short_for_the_features_are_told_of_with_what_they_lack_and_need(exported):
    qlop, _ = exported
    prices = pd.read_parquet(qlop.folder / "prices.parquet")
    prices[prices["timestamp"] >= prices["timestamp"].unique()[-2]].to_parquet(qlop.folder / "short.parquet")
    done = predicted(qlop, "--data", "short.parquet")
    assert done.returncode == 0, done.stderr
    assert "Features have no value in 4 of 4 rows, and in 4 none has one" in done.stderr
    assert (
        "and 4 of 4 rows have fewer before them in the file; the longest history of a ticker has 2 bars" in done.stderr
    )


def test_the_file_that_is_predicted_cannot_be_another_than_the_one_named(exported):
    qlop, _ = exported
    done = predicted(qlop, "--data", "prices.parquet", "--params", json.dumps({"path": "others.parquet"}))
    assert done.returncode == 2
    assert "--params names a path" in done.stderr
    assert not done.stdout


def test_prices_that_do_not_say_what_was_paid_out_are_refused_with_the_parameter_that_says_it(exported):
    qlop, _ = exported
    prices = pd.read_parquet(qlop.folder / "prices.parquet")
    prices[["timestamp", "ticker", "open", "high", "low", "close", "volume"]].to_csv(
        qlop.folder / "bare.csv", index=False
    )
    done = predicted(qlop, "--data", "bare.csv")
    assert done.returncode == 1
    assert '--params, such as \'{"price_adjustment": "total_return"}\'' in done.stderr
    done = predicted(qlop, "--data", "bare.csv", "--params", json.dumps({"price_adjustment": "total_return"}))
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(prices) + 1


def test_another_machine_names_the_key_that_it_trusts(exported, tmp_path):
    qlop, _ = exported
    theirs = qlop.folder / "configuration" / "signing.key"
    hidden = tmp_path / "signing.key"
    shutil.move(theirs, hidden)
    try:
        done = predicted(qlop, "--data", "features.csv")
        assert done.returncode == 1
        assert "b.zip is not used: it was signed by another key" in done.stderr
        fingerprint = done.stderr.split("--trust-key ")[1].strip().rstrip(".")
        assert predicted(qlop, "--data", "features.csv", "--trust-key", fingerprint).returncode == 0
        assert not theirs.exists()
    finally:
        shutil.move(hidden, theirs)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a,b\n1,2\n", "neither a table of the model's features (it lacks"),
        ("", "the file is empty"),
    ],
)
def test_a_table_that_is_neither_features_nor_prices_is_refused(exported, content, reason):
    qlop, _ = exported
    (qlop.folder / "other.csv").write_text(content)
    done = predicted(qlop, "--data", "other.csv")
    assert done.returncode == 1
    assert reason in done.stderr


@pytest.mark.parametrize(("cell", "reason"), [("1,5", "'1,5' is no number"), ("inf", "'inf' is no number")])
def test_a_cell_that_is_no_number_is_named_by_line_and_column(exported, cell, reason):
    qlop, _ = exported
    table = pd.read_csv(qlop.folder / "features.csv", dtype=str)
    table.loc[2, table.columns[2]] = cell
    table.to_csv(qlop.folder / "wrong.csv", index=False)
    done = predicted(qlop, "--data", "wrong.csv")
    assert done.returncode == 1
    assert f"wrong.csv, line 4, column {table.columns[2]!r}: {reason}" in done.stderr


def test_a_column_that_bears_a_predictions_name_is_refused(exported):
    qlop, _ = exported
    pd.read_csv(qlop.folder / "features.csv").assign(prediction=1).to_csv(qlop.folder / "taken.csv", index=False)
    done = predicted(qlop, "--data", "taken.csv")
    assert done.returncode == 1
    assert "has a column 'prediction', which the predictions have as well" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--output", "out.xlsx"), "its name must end in .csv or .parquet"),
        (("--output", "features.csv"), "which exists already"),
        (("--output", "none/out.csv"), "there is no folder 'none'"),
        (("--params", "{"), "which is no JSON"),
        (("--params", "[]"), "it must be a JSON object"),
        (("--trust-key", "zzz"), "--trust-key: 'zzz' is no fingerprint; one has 32 hexadecimal digits"),
        (("--data", "none.csv"), "--data is 'none.csv', which is not there. Name a CSV or Parquet file."),
        (("--data", "."), "--data is '.', which is a folder."),
        (("--bundle", "none.zip"), "--bundle is 'none.zip', which is not there. Name what the exporter bundle wrote."),
        (("--params", '{"path": "prices.parquet"}'), "--params names a path, 'prices.parquet'; the file is that of"),
        (("--params", '{"timezone": "UTC"}'), "features.csv is a table of the model's features: nothing needs to be"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_read(exported, arguments, reason):
    qlop, _ = exported
    done = predicted(qlop, "--data", "features.csv", *arguments)
    assert done.returncode == 2
    assert reason in done.stderr
    assert not Path(qlop.folder / "out.xlsx").exists()
