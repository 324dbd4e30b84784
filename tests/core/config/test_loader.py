"""Configs are read safely, and every refusal says where, what was found and what is allowed."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import ConfigError
from core.base.ticker_names import ticker_fault
from core.config.loader import load_config, parse_config
from core.config.run_config import RunConfig

GOOD = """
mode: pipeline
seed: 7
data: {data_source_type: sample, tickers: [ON, IBM], start_date: 2000-03-01}
splits: {train_bars: 504}
"""


def written(folder: Path, text: str, name: str = "config.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refusal(path: Path, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides)
    return str(caught.value)


def test_yaml_json_and_toml_say_the_same(tmp_path):
    from_yaml = load_config(written(tmp_path, GOOD))
    as_json = json.dumps(json.loads(from_yaml.model_dump_json()))
    from_json = load_config(written(tmp_path, as_json, "config.json"))
    toml = 'mode = "pipeline"\nseed = 7\n[data]\ndata_source_type = "sample"\ntickers = ["ON", "IBM"]\nstart_date = 2000-03-01\n'
    from_toml = load_config(written(tmp_path, toml + "[splits]\ntrain_bars = 504\n", "config.toml"))
    assert from_yaml == from_json == from_toml


def test_a_ticker_named_on_stays_text(tmp_path):
    config = load_config(written(tmp_path, GOOD))
    assert config.data.tickers == ("ON", "IBM")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1:30", "1:30"),
        ("yes", "yes"),
        ("true", True),
        ("~", None),
        ("007", 7),
        ("0x1F", "0x1F"),
        (".5", 0.5),
    ],
)
def test_yaml_scalars_follow_the_core_schema(tmp_path, text, value):
    config = load_config(written(tmp_path, f"model: {{model_type: m, model_params: {{value: {text}}}}}"))
    assert config.model.model_params == {"value": value}


def test_overrides_replace_nested_values_and_list_entries(tmp_path):
    path = written(tmp_path, GOOD + "features: [{name: mom, feature_step_type: momentum}]\n")
    config = load_config(
        path,
        ["splits.train_bars=252", "features.0.feature_step_params.horizons_bars=[5, 20]", "model.model_type=linear"],
    )
    assert config.splits.train_bars == 252
    assert config.features[0].feature_step_params == {"horizons_bars": [5, 20]}
    assert config.model.model_type == "linear"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("splits.train_bars", "not of the form path.to.field=value"),
        ("splits..x=1", "not of the form"),
        ("seed.x=1", "seed is a plain value"),
        ("data.tickers.5=AAPL", "'5' is no position in a list of 2; positions are 0 to 1"),
        ("splits.train_bars=0", "splits.train_bars is 0; it must be at least 1."),
        ("splits.trian_bars=9", "Did you mean 'train_bars'"),
        ("seed=!!python/name:os.system", "the tag"),
    ],
)
def test_a_wrong_override_is_refused_with_its_reason(tmp_path, override, said):
    assert said in refusal(written(tmp_path, GOOD), override)


@pytest.mark.parametrize(
    "override",
    [
        'data.data_source_params={key: "s3cret"',
        'data.data_source_params: {key: "s3cret"}',
        'data.data_source_params={key: &a "s3cret", other: [*a, !!x y]}',
        "data.data_source_params=s3cret",
        "data.data_source_params.key.=s3cret",
        "data.data_source_type.key=s3cret",
        'data.data_source_type={key: "s3cret"}',
        "data.tickers.9=s3cret",
        f"data.data_source_params.{'a.' * 70}b=s3cret",
        'data.data_source_params={key: "s3cret\\ud800"}',
    ],
)
def test_an_option_is_named_by_its_path_and_its_value_never_repeated(tmp_path, override):
    message = refusal(written(tmp_path, GOOD), override)
    assert "--set data." in message
    assert "s3cret" not in message


@pytest.mark.parametrize("number", ["04540101", "1234e567", "1e5", "12345678"])
def test_what_looks_like_a_number_is_the_text_that_was_typed_for_a_field_of_texts(tmp_path, number):
    overrides = [f"backtest.predictions_run={number}", f"title={number}", "features.0.feature_step_params.x=1e5"]
    path = written(tmp_path, f"{GOOD}features: [{{name: a, feature_step_type: lag}}]\n")
    config = load_config(path, [*overrides, f"data.tickers.1={number}"])
    assert (config.backtest.predictions_run, config.title, config.data.tickers) == (number, number, ("ON", number))
    assert config.features[0].feature_step_params["x"] == 1e5
    assert load_config(path, ["backtest.predictions_run=null"]).backtest.predictions_run is None


@pytest.mark.parametrize("typed", ["%d.%m.%Y", "%Y-%m-%d", ",", "\t", "@close", "a: b: c"])
def test_what_is_no_yaml_is_the_text_that_was_typed(tmp_path, typed):
    config = load_config(written(tmp_path, GOOD), [f"data.data_source_params.x={typed}"])
    assert config.data.data_source_params["x"] == typed


@pytest.mark.parametrize("typed", ["[5, 20", "{a: 1", "'open", '"open'])
def test_what_begins_as_yaml_and_is_none_is_no_text(tmp_path, typed):
    assert "--set title: line 1" in refusal(written(tmp_path, GOOD), f"title={typed}")


@pytest.mark.parametrize("value", ["%m/%d/%Y", ",", "@close", "a: b: c"])
def test_a_text_in_a_file_that_needs_quotes_is_refused_with_the_way_to_write_it(tmp_path, value):
    said = refusal(written(tmp_path, f"{GOOD}title: {value}\n"))
    assert ": line " in said
    assert "if it belongs to a text, put that in quotes, such as '%d.%m.%Y'" in said


def test_a_number_in_a_file_where_text_belongs_is_refused_with_the_way_to_write_it(tmp_path):
    said = refusal(written(tmp_path, GOOD + "backtest: {predictions_run: 12345678}"))
    assert "backtest.predictions_run is 12345678; it must be text, so put it in quotes" in said


def test_a_list_whose_entries_are_refused_is_not_said_to_be_too_short(tmp_path):
    message = refusal(written(tmp_path, GOOD), 'data.tickers=[""]')
    assert message == "--set data.tickers: data.tickers.0 is ''; it must have at least 1 character."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("splits: {train_bars: 0}", "splits.train_bars is 0; it must be at least 1."),
        ("splits: {embargo_bars: -1}", "splits.embargo_bars is -1; it must be at least 0."),
        ("splits: {scheme: random}", "splits.scheme is 'random'; it must be 'walk_forward'"),
        ("execution: {cash_buffer: 1.0}", "execution.cash_buffer is 1.0; it must be less than 1"),
        ("execution: {initial_cash: .inf}", "execution.initial_cash is '.inf'; it must be a number"),
        ("seed: abc", "seed is 'abc'; it must be a whole number"),
        ("data: {data_source_type: s, start_date: tomorrow}", "it must be a date such as 2020-01-31"),
        (
            "data: {data_source_type: s, start_date: 2020-02-01, end_date: 2020-01-01}",
            "start_date 2020-02-01 is after end_date",
        ),
        ("data: {data_source_type: s, tickers: [A, A]}", "names an instrument twice"),
        ("data: {}", "data.data_source_type is missing"),
        ("modle: {}", "modle is not a known field. Did you mean 'mode' or 'model'?"),
        (
            "features: [{name: a, feature_step_type: x}, {name: a, feature_step_type: y}]",
            "two feature steps are named 'a'",
        ),
        ("execution: {rebalance: schedule}", "schedule is to be given"),
        ("a: !!python/object/apply:os.system ['echo']", "the tag"),
        ("a: 1\na: 2", "the key 'a' stands twice"),
        ("1: 2", "the key 1 is not text"),
        ("a: &x [*x]", "an alias contains itself"),
        ("- 1", "a config is a mapping of sections; found a list"),
        ("", "the file is empty"),
        ("a: [1", "line 1"),
        ("[" * 5000, "nested deeper than 64 levels"),
    ],
)
def test_a_wrong_config_is_refused_with_file_field_found_and_allowed(tmp_path, text, said):
    path = written(tmp_path, text)
    message = refusal(path)
    assert said in message
    assert message.startswith(str(path))


def test_all_problems_of_a_config_are_told_at_once(tmp_path):
    message = refusal(written(tmp_path, "seed: -1\nsplits: {train_bars: 0}\n"))
    assert "seed is -1" in message
    assert "splits.train_bars is 0" in message


def test_an_alias_bomb_is_refused_before_it_is_written_out(tmp_path):
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "aliases written out" in refusal(written(tmp_path, "\n".join(levels)))


def test_a_missing_file_names_the_folder_of_ready_configs(tmp_path):
    assert "there is no such file" in refusal(tmp_path / "none.yaml")


def test_a_file_that_is_not_utf_8_is_refused_with_the_byte(tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"title: caf\xe9\n")
    assert "byte 10 is not UTF-8" in refusal(path)


def test_a_file_of_another_type_or_too_large_is_refused(tmp_path):
    assert "ends in one of" in refusal(written(tmp_path, GOOD, "config.ini"))
    assert "at most 1,000,000" in refusal(written(tmp_path, "#" * 1_000_001))


@pytest.mark.parametrize("text", ['{"seed": NaN}', '{"seed": 1, "seed": 2}', "{", "[" * 100_000])
def test_wrong_json_is_refused(tmp_path, text):
    assert "config.json" in refusal(written(tmp_path, text, "config.json"))


def test_the_boolean_form_of_close_at_end_is_understood():
    assert parse_config({"execution": {"close_at_end": True}}, "x").execution.close_at_end == "last_close"
    assert parse_config({"execution": {"close_at_end": False}}, "x").execution.close_at_end == "off"


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    train=st.integers(1, 10_000),
    buffer=st.floats(0, 0.99),
    tickers=st.none()
    | st.lists(
        st.text(min_size=1, max_size=20).filter(lambda text: not ticker_fault(text)),
        unique=True,
        min_size=1,
        max_size=4,
    ),
    params=st.dictionaries(
        st.text(max_size=8), st.none() | st.booleans() | st.integers() | st.text(max_size=8), max_size=4
    ),
)
def test_configs_round_trip_through_json(seed, train, buffer, tickers, params):
    config = parse_config(
        {
            "seed": seed,
            "splits": {"train_bars": train},
            "execution": {"cash_buffer": buffer},
            "data": {"data_source_type": "sample", "tickers": tickers, "data_source_params": params},
        },
        "x",
    )
    assert RunConfig.model_validate_json(config.model_dump_json()) == config
