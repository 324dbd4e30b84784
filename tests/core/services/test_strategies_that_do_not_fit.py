"""What a label and a strategy, or another run's predictions, contradict each other in is refused before the run."""

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from core.base.errors import ConfigError
from core.engine.model_file_label import label_of_model_file
from core.services.draft import check_draft
from core.services.run_mode import RunRequest, run_mode
from core.services.workbench import open_workbench

SMALL = {
    "seed": 3,
    "thread_count": 1,
    "data": {"data_source_type": "sample", "tickers": ["AAPL"], "start_date": "2006-01-03", "end_date": "2008-06-30"},
    "features": [{"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5]}}],
    "label": {"labeler_type": "direction"},
    "model": {"model_type": "linear"},
    "splits": {"train_bars": 300, "test_bars": 200},
    "strategy": {"strategy_type": "threshold"},
}


def label(name, **params):
    return {"label": {"labeler_type": name, "labeler_params": params}}


def strategy(name, **params):
    return {"strategy": {"strategy_type": name, "strategy_params": params}}


SIZED = strategy("leverage_opportunity")
SHORT = label("direction", side="short")
BELOW_STRATEGY = ("strategy", "strategy_params")

WRONG = {
    "threshold on a short label": (SHORT, BELOW_STRATEGY, "buy just when the short is predicted to pay"),
    "threshold on a short return": (
        label("triple_barrier", side="short", target="return") | strategy("threshold", column="prediction"),
        BELOW_STRATEGY,
        "label.labeler_params make the label 'triple_barrier' for a short",
    ),
    "sizing of a short label": (label("leverage_opportunity", side="short") | SIZED, BELOW_STRATEGY, "buy just when"),
    "short sizing of a long label": (strategy("leverage_opportunity", side="short"), BELOW_STRATEGY, "sell just when"),
    "short label beneath a baseline": (
        SHORT | strategy("constant_leverage") | {"backtest": {"baselines": {"rival": {"strategy_type": "threshold"}}}},
        ("backtest", "baselines", "rival", "strategy_params"),
        "buy just when",
    ),
    "no classes": (label("forward_return"), BELOW_STRATEGY, "'probability_1', and the label 'forward_return'"),
    "no such class": (strategy("threshold", column="probability_2"), BELOW_STRATEGY, "prediction, probability_0,"),
    "misspelt column": (strategy("threshold", column="probabilty_1"), BELOW_STRATEGY, "'probabilty_1'"),
    "the truth": (strategy("threshold", column="target"), BELOW_STRATEGY, "'target'"),
    "no rows for the payoff": (
        SIZED | {"splits": {"calibration_fraction": 0.0}, "model": {"model_type": "linear", "calibration": "off"}},
        BELOW_STRATEGY,
        "splits.calibration_fraction is 0. Set it to 0.15",
    ),
    "no rows to calibrate": (
        {"splits": {"calibration_fraction": 0.0}},
        ("splits", "calibration_fraction"),
        "model.calibration is 'auto', which needs rows of its own",
    ),
}

RIGHT = {
    "long": {},
    "short where the short label does not pay": SHORT | strategy("threshold", column="probability_0"),
    "out while the short label pays": SHORT
    | strategy("threshold", column="probability_1", long_exposure=0.0, flat_exposure=1.0),
    "short sizing of a short label": SHORT | strategy("leverage_opportunity", side="short"),
    "a value": label("forward_return") | strategy("threshold", column="prediction", enter_long=0.0),
    "its payoff": label("forward_return") | strategy("threshold", column="payoff_probability"),
    "a rule": SHORT | strategy("constant_leverage"),
}


@pytest.fixture
def workbench(tmp_path):
    return open_workbench(tmp_path / "home")


@pytest.mark.parametrize("case", WRONG)
def test_a_contradiction_is_refused_before_the_run_and_beside_its_field(workbench, case):
    changes, path, said = WRONG[case]
    config = {**SMALL, "mode": "pipeline", **changes}
    with pytest.raises(ConfigError) as refusal:
        run_mode(workbench, RunRequest(config=config))
    assert said in str(refusal.value)
    assert not workbench.home.runs_folder.exists()
    (problem,) = check_draft(workbench, config).problems
    assert problem.path == path
    assert said in problem.message


@pytest.mark.parametrize("case", RIGHT)
def test_what_goes_together_is_not_refused(workbench, case):
    assert check_draft(workbench, {**SMALL, "mode": "pipeline", **RIGHT[case]}).problems == ()


def test_a_training_alone_is_refused_a_calibration_without_rows(workbench):
    with pytest.raises(ConfigError, match=r"splits\.calibration_fraction is 0"):
        run_mode(workbench, RunRequest(config={**SMALL, "mode": "train", "splits": {"calibration_fraction": 0.0}}))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A home in which one run has predicted by a label for shorts, and one beyond what could be traded."""
    home = open_workbench(tmp_path_factory.mktemp("fit") / "home")

    def train(**changes):
        config = {**SMALL, "mode": "train", **changes}
        outcome = run_mode(home, RunRequest(config=config, owns_process=False))
        assert outcome.status == "completed", outcome.error
        return outcome.run_id

    return home, train(**SHORT), train(splits={"scheme": "purged_k_fold", "n_folds": 3})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "and label.labeler_params of run RUN make the label 'direction' for a short"),
        (strategy("threshold", column="probability_2"), "those of run RUN have none of that name to go by; they have"),
        (strategy("threshold", column="target"), "those of run RUN have none of that name to go by"),
    ],
)
def test_predictions_of_another_run_are_refused_from_what_it_kept(trained, changes, said):
    home, of_shorts, _ = trained
    config = {**SMALL, "mode": "backtest", **changes, "backtest": {"predictions_run": of_shorts}}
    with pytest.raises(ConfigError) as refusal:
        run_mode(home, RunRequest(config=config))
    assert said.replace("RUN", of_shorts) in str(refusal.value)
    assert "strategy.strategy_params" in str(refusal.value)


def test_predictions_that_nobody_could_have_traded_are_refused_before_the_run(trained):
    home, _, across = trained
    config = {**SMALL, "mode": "backtest", "backtest": {"predictions_run": across}}
    with pytest.raises(ConfigError, match=rf"predictions_run: run {across}: splits\.scheme is 'purged_k_fold'"):
        run_mode(home, RunRequest(config=config))


def test_the_config_s_own_label_says_nothing_of_another_run_s_predictions(trained):
    home, of_shorts, _ = trained
    config = {**SMALL, "mode": "backtest", "backtest": {"predictions_run": of_shorts}}
    config |= strategy("threshold", column="probability_0")
    assert check_draft(home, config).problems == ()


def test_predictions_of_a_label_whose_plugin_is_gone_can_be_traded_by_their_columns(trained):
    home, of_shorts, _ = trained
    config = {**SMALL, "mode": "backtest", "label": None, "plugins": {"disabled": ["labelers/direction"]}}
    config["backtest"] = {"predictions_run": of_shorts}
    assert check_draft(home, config).problems == ()
    (problem,) = check_draft(home, config | strategy("threshold", column="probability_2")).problems
    assert "'probability_2'" in problem.message


@pytest.fixture(scope="module")
def file_of_shorts(trained):
    """A model's file whose label is one for shorts."""
    home, of_shorts, _ = trained
    exported = run_mode(home, RunRequest(config={"mode": "export", "export": {"model_run": of_shorts}}))
    assert exported.status == "completed", exported.error
    return Path(exported.artifacts["export/model.qlop.zip"])


def of_file(path, **changes):
    return {**SMALL, "mode": "backtest", **changes, "backtest": {"model_file": str(path)}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "and label.labeler_params of model.qlop.zip make the label 'direction' for a short"),
        (
            strategy("threshold", column="probability_2"),
            "those of model.qlop.zip have none of that name to go by; they",
        ),
    ],
)
def test_a_model_s_file_is_refused_from_its_card_before_the_run(trained, file_of_shorts, changes, said):
    home, before = trained[0], len(list(trained[0].home.runs_folder.iterdir()))
    with pytest.raises(ConfigError) as refusal:
        run_mode(home, RunRequest(config=of_file(file_of_shorts, **changes)))
    assert said in str(refusal.value)
    assert len(list(home.home.runs_folder.iterdir())) == before
    (problem,) = check_draft(home, of_file(file_of_shorts, **changes)).problems
    assert problem.path == BELOW_STRATEGY
    assert said in problem.message


@pytest.mark.parametrize("column", ["probability_0", "payoff_probability"])
def test_all_columns_of_a_model_s_file_are_known_from_its_card(trained, file_of_shorts, column):
    follows = strategy("threshold", column=column, **({"long_exposure": 0.0} if column.startswith("payoff") else {}))
    assert check_draft(trained[0], of_file(file_of_shorts, **follows)).problems == ()
    told = label_of_model_file(file_of_shorts)
    assert told.label.labeler_type == "direction"
    assert set(told.columns) == set(told.columns) | {"prediction", "probability_0", "probability_1"}


def _altered(source, target, name, change):
    with ZipFile(source) as old, ZipFile(target, "w", ZIP_DEFLATED) as new:
        for entry in old.namelist():
            content = old.read(entry)
            new.writestr(entry, change(content) if entry == name else content)


@pytest.mark.parametrize("name", ["model.json", "calibration.json"])
def test_a_file_of_which_the_card_does_not_tell_is_left_to_the_run(trained, file_of_shorts, tmp_path, name):
    changes = {
        "altered": lambda text: text.replace(b"1", b"2"),
        "endless": lambda _: b"[" * 100_000,
        "empty": lambda _: b"",
    }
    for kind, change in changes.items():
        _altered(file_of_shorts, tmp_path / f"{kind}.zip", name, change)
        assert label_of_model_file(tmp_path / f"{kind}.zip") is None, kind
        assert check_draft(trained[0], of_file(tmp_path / f"{kind}.zip")).problems == ()


def test_a_file_that_is_no_archive_is_left_to_the_run(tmp_path):
    for number, content in enumerate((b"", b"PK", b"no archive", bytes(100_000))):
        path = tmp_path / str(number)
        path.write_bytes(content)
        assert label_of_model_file(path) is None
