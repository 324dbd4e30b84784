import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from copy import copy
from multiprocessing import get_context

import pytest

from core.plugin.registry import PluginRegistry, RegistrySettings
from core.plugin.trust import trust_folder


@pytest.fixture
def environment(place, monkeypatch):
    """What a user's shell would hold: workers read it."""
    monkeypatch.chdir(place.working)
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(place.configuration))
    monkeypatch.setenv("QLOP_CACHE_DIR", str(place.root / "cache"))
    monkeypatch.delenv("QLOP_PLUGIN_PATH", raising=False)
    return monkeypatch


def test_a_modules_name_is_the_same_in_every_process(place, strategy, environment):
    environment.setenv("QLOP_PLUGIN_PATH", str(place.named))
    place.write(strategy())
    cls = PluginRegistry(RegistrySettings()).load("strategies", "steady")
    program = f"import {cls.__module__.rpartition('.')[0]} as p; import importlib; print(importlib.import_module({cls.__module__!r}).Steady.__module__)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=place.working)
    assert (done.stdout.strip(), done.stderr) == (cls.__module__, "")


@pytest.mark.parametrize("how", ["named", "trusted"])
def test_an_instance_of_a_folders_class_goes_to_a_spawned_worker_and_back(place, strategy, environment, how):
    if how == "named":
        environment.setenv("QLOP_PLUGIN_PATH", str(place.named))
        place.write(strategy())
    else:
        place.write(strategy(), folder=place.local)
        trust_folder(place.local)
    made = PluginRegistry(RegistrySettings()).create("strategies", "steady", {"exposure": 2.5})
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as workers:
        back = workers.submit(copy, made).result(timeout=60)
    assert type(back) is type(made)
    assert back is not made
    assert back.params.exposure == 2.5


def test_a_worker_does_not_import_from_a_folder_that_changed(place, strategy, environment):
    marker = place.root / "was_run"
    place.write(strategy(), folder=place.local)
    trust_folder(place.local)
    made = PluginRegistry(RegistrySettings()).create("strategies", "steady", {})
    pickled = pickle.dumps(made)
    place.write(strategy(header=f"open({str(marker)!r}, 'w').close()"), folder=place.local)
    done = subprocess.run(
        [sys.executable, "-c", "import pickle, sys; pickle.load(sys.stdin.buffer)"],
        input=pickled,
        capture_output=True,
        cwd=place.working,
    )
    assert b"ModuleNotFoundError: No module named 'core.plugin.folder_modules." in done.stderr
    assert not marker.exists()


def test_two_folders_hold_modules_of_their_own(place, strategy):
    first, second = place.root / "first", place.root / "second"
    place.write(strategy("one"), folder=first)
    place.write(strategy("two"), folder=second)
    registry = place.registry(plugin_path=(first, second))
    one, two = registry.load("strategies", "one"), registry.load("strategies", "two")
    assert one.__module__ != two.__module__
    assert pickle.loads(pickle.dumps(one)) is one
    assert pickle.loads(pickle.dumps(two)) is two


def test_a_built_in_class_is_the_one_that_a_plain_import_gives(place):
    from plugins.models.xgboost import XGBoost

    assert place.registry(with_builtin=True).load("models", "xgboost") is XGBoost
