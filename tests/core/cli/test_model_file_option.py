"""`qlop backtest --model-file FILE`."""

import json
import shutil

LATER = ("--set", "data.end_date=2011-12-30")


def test_an_exported_model_is_traded_on_the_bars_after_its_training(used):
    qlop, trained = used
    exported = qlop.json("export-model", "--run", trained["run_id"])
    path = qlop.folder / "my models: 2009 #1.zip"
    shutil.copy(exported["artifacts"]["export/model.qlop.zip"], path)
    tested = qlop.json("backtest", "-c", qlop.config, "--model-file", path.name, *LATER)
    kept = json.loads((qlop.home / "runs" / tested["run_id"] / "artifacts" / "model_file.json").read_text())
    assert kept["learned"]["until"] == "2009-12-31T00:00:00+00:00"
    assert kept["out_of_sample"]["first_bar"] == "2010-01-04T00:00:00+00:00"
    config = json.loads((qlop.home / "runs" / tested["run_id"] / "config.json").read_text())
    assert config["backtest"]["model_file"] == str(path)
    again = qlop.call("runs", "rerun", tested["run_id"])
    assert again.returncode == 0, again.stderr
    assert "have the same bytes as those of run" in again.stdout


def test_a_run_and_a_file_are_not_taken_together(qlop):
    done = qlop.call("backtest", "-c", qlop.config, "--run", "latest", "--model-file", "m.zip")
    assert done.returncode == 2
    assert "backtest takes --run RUN_ID or --model-file FILE, not both" in done.stderr


def test_a_file_that_is_not_there_is_blamed_with_its_option_and_leaves_no_run(qlop):
    done = qlop.call("backtest", "-c", qlop.config, "--model-file", "none.zip")
    assert done.returncode == 2
    assert "--set backtest.model_file: backtest.model_file is" in done.stderr
    assert "none.zip', which cannot be opened: No such file or directory." in done.stderr
    assert not qlop.run_folders()
