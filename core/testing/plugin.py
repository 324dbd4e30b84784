"""What every plugin promises, whatever its kind."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from core.contracts.kinds import KINDS
from core.contracts.plugin import Plugin
from core.plugin.inspection import find_problems, is_compatible
from core.services.params_json import params_json
from core.testing.isolation import ask_fresh_process

__all__ = ["HEAVY_LIBRARIES", "PluginContractSuite"]

HEAVY_LIBRARIES = ("lightgbm", "numba", "numpy", "pandas", "pyarrow", "scipy", "sklearn", "torch", "xgboost")

_IMPORT = """
from importlib import import_module
import_module(request["module"])
print(json.dumps(sorted(set(request["heavy"]) & set(sys.modules))))
"""


class PluginContractSuite:
    """Base of the suites; inherit your kind's, not this one.

    Attributes
    ----------
    plugin_class : type
        The class under test.
    params : mapping
        Its parameters as a config would give them; empty means all defaults.
    """

    kind: ClassVar[str]
    plugin_class: ClassVar[type[Any]]
    params: ClassVar[Mapping[str, Any]] = {}

    def params_in(self, folder: Path) -> Mapping[str, Any]:
        """Return the parameters; override it where they name files, which go into `folder`, fresh for each test."""
        del folder
        return self.params

    def make_plugin(self, folder: Path = Path(), instance_name: str | None = None) -> Any:  # noqa: ANN401
        """Return a new instance, as a run makes it."""
        params = self.plugin_class.Params.model_validate(dict(self.params_in(folder)))
        return self.plugin_class(instance_name or self.plugin_class.name, params)

    def test_the_class_keeps_the_rules_of_all_plugins(self) -> None:
        assert list(find_problems(self.plugin_class, KINDS[self.kind])) == []

    def test_it_works_with_this_version_of_qlop(self) -> None:
        assert is_compatible(self.plugin_class.requires_qlop, version("qlop"))

    def test_every_number_among_its_parameters_has_a_bound(self) -> None:
        unbounded = list(_unbounded(self.plugin_class.Params.model_json_schema()))
        assert unbounded == [], "write Field(ge=..., le=...): forms and typing errors need to know what is possible"

    def test_unknown_parameters_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValidationError, match="no_such_parameter"):
            self.plugin_class.Params.model_validate({**self.params_in(tmp_path), "no_such_parameter": 1})

    def test_parameters_survive_a_config_file(self, tmp_path: Path) -> None:
        params = self.make_plugin(tmp_path).params
        assert type(params).model_validate(json.loads(json.dumps(params_json(params)))) == params

    def test_an_instance_bears_the_name_that_it_is_given(self, tmp_path: Path) -> None:
        assert self.make_plugin(tmp_path, "given_name").name == "given_name"
        assert self.make_plugin(tmp_path).name == self.plugin_class.name

    def test_the_class_pickles_by_its_name(self) -> None:
        assert pickle.loads(pickle.dumps(self.plugin_class)) is self.plugin_class  # noqa: S301 - our own bytes

    def test_importing_its_module_imports_no_heavy_library(self) -> None:
        request = {"module": self.plugin_class.__module__, "heavy": HEAVY_LIBRARIES}
        assert ask_fresh_process(_IMPORT, request) == [], "import them inside methods, or under TYPE_CHECKING"

    def test_it_is_a_plugin_of_its_kind_alone(self) -> None:
        kinds = [kind.folder for kind in KINDS.values() if issubclass(self.plugin_class, kind.contract)]
        assert kinds == [self.kind]
        assert issubclass(self.plugin_class, Plugin)


def _unbounded(schema: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - a JSON schema
    """Yield the paths of numbers in a JSON schema that have neither a least nor a greatest value."""
    bounds = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "const"}
    if isinstance(schema, dict):
        if schema.get("type") in {"integer", "number"} and not bounds & schema.keys():
            yield path
        for key, value in schema.items():
            if key not in {"default", "examples", "description", "title"}:
                yield from _unbounded(value, f"{path}.{key}" if path else key)
    elif isinstance(schema, list):
        for position, value in enumerate(schema):
            yield from _unbounded(value, f"{path}.{position}")
