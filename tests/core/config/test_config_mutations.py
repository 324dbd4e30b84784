"""Whatever is changed in a config to what it may not be is refused, and the refusal names the place."""

import copy
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import ConfigError
from core.base.ticker_names import LONGEST_TICKER, ticker_fault
from core.config.loader import parse_config, read_config_file
from core.config.run_config import RunConfig
from core.services.ready_configs import ready_config

WHOLE = RunConfig.model_validate(read_config_file(ready_config("leverage_opportunity"))).model_dump(mode="json")
# What lies below is the plugins' own, and checked by their Params.
TICKERS = st.text(min_size=1, max_size=LONGEST_TICKER).filter(lambda text: not ticker_fault(text))
OPEN = re.compile(r"_params$|^baselines$|^disabled$")


def places(value, path=()):
    """Yield the path of every mapping and of every field, down to what plugins check."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            if not OPEN.search(key):
                yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from places(inner, (*path, position))


PLACES = [path for path in places(WHOLE) if path]


def at(config, path):
    for part in path:
        config = config[part]
    return config


def dotted(path):
    return ".".join(map(str, path))


@settings(max_examples=300, deadline=None)
@given(path=st.sampled_from(PLACES), wrong=st.sampled_from([{"no": {"such": "field"}}, [[["nested"]]], [{"a": 1}]]))
def test_a_value_of_another_shape_is_refused_with_its_path(path, wrong):
    config = copy.deepcopy(WHOLE)
    at(config, path[:-1])[path[-1]] = wrong
    with pytest.raises(ConfigError) as refused:
        parse_config(config, "config.yaml")
    assert dotted(path) in str(refused.value)


@settings(max_examples=200, deadline=None)
@given(path=st.sampled_from([(), *PLACES]), name=st.from_regex(r"[a-z]{3,12}_x", fullmatch=True))
def test_an_unknown_field_is_refused_with_its_path(path, name):
    config = copy.deepcopy(WHOLE)
    place = at(config, path)
    if not isinstance(place, dict):
        return
    place[name] = 1
    with pytest.raises(ConfigError) as refused:
        parse_config(config, "config.yaml")
    assert dotted((*path, name)) in str(refused.value)


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**31 - 1),
    cash=st.floats(1.0, 1e12, allow_nan=False),
    tickers=st.lists(TICKERS, min_size=1, max_size=4, unique=True),
    title=st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=50),
)
def test_what_is_accepted_comes_back_the_same(seed, cash, tickers, title):
    config = copy.deepcopy(WHOLE)
    config |= {"seed": seed, "title": title}
    config["execution"]["initial_cash"] = cash
    config["data"]["tickers"] = tickers
    try:
        accepted = parse_config(config, "config.yaml")
    except ConfigError as refused:
        told = str(refused)
    else:
        told = None
    if told is not None:
        assert any(field in told for field in ("seed", "title", "execution.initial_cash", "data.tickers"))
        return
    assert parse_config(accepted.model_dump(mode="json"), "config.yaml") == accepted
