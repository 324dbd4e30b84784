"""docs/plugins.md: what it shows is what the tests run, and it leaves out no kind and no setting."""

import re
from pathlib import Path

from core.contracts.kinds import KINDS
from core.plugin import settings
from core.plugin.trust import trust_folder

DOCUMENT = (Path(__file__).parents[3] / "docs" / "plugins.md").read_text(encoding="utf-8")
DISTRIBUTION = Path(__file__).parent / "second_distribution"


def block(language):
    return re.search(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL).group(1)


def test_the_model_that_is_shown_is_the_one_of_the_second_distribution():
    assert block("python") == (DISTRIBUTION / "src" / "acme_qlop" / "ridge.py").read_text(encoding="utf-8")
    assert block("toml") == (DISTRIBUTION / "pyproject.toml").read_text(encoding="utf-8")


def test_the_model_that_is_shown_works_from_a_trusted_folder_and_from_a_named_one(place):
    for folder in (place.local, place.named):
        place.write(block("python"), "ridge", "models", folder)
    trust_folder(place.local, place.configuration)
    for changes in ({"plugin_path": ()}, {"working_folder": place.root}):
        model = place.registry(**changes).create("models", "ridge", {"penalty": 2})
        assert model.params.penalty == 2.0


def test_every_kind_and_its_contract_are_named():
    for kind in KINDS.values():
        assert f"| `{kind.folder}` | `{kind.contract_name}." in DOCUMENT


def test_every_variable_of_the_environment_is_named():
    for name in (settings.PATH_VARIABLE, settings.CONFIGURATION_VARIABLE, settings.CACHE_VARIABLE):
        assert f"`{name}" in DOCUMENT
