"""Each built-in plugin has a test of its own that inherits its kind's contract suite."""

import re
from pathlib import Path

import pytest

from core.contracts.kinds import KINDS
from core.plugin.settings import builtin_folder

FILES = sorted(path for kind in KINDS for path in (builtin_folder() / kind).glob("[!_]*.py"))
TESTS = Path(__file__).parents[2] / "plugins"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_built_in_inherits_its_kinds_suite(path):
    kind = KINDS[path.parent.name]
    test = (TESTS / kind.folder / f"test_{path.stem}.py").read_text(encoding="utf-8")
    suite = f"{kind.contract_name.removesuffix('Plugin')}ContractSuite"
    assert re.search(rf"^class Test\w*\([\w., ]*\b{suite}\b", test, re.MULTILINE)
    assert re.search(r"^    plugin_class(: [^=]+)? = \w+$", test, re.MULTILINE)
