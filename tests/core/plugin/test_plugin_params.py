import pytest

from core.base.errors import ConfigError, DataError

WRONG = {
    "an unknown field": (
        {"exposur": 1},
        "my.yaml: strategy.strategy_params: exposur is not a known field. Did you mean 'exposure'? Known here: exposure.",
    ),
    "a value too large": (
        {"exposure": 9},
        "my.yaml: strategy.strategy_params: exposure is 9; it must be at most 3.0.",
    ),
    "a text": ({"exposure": "much"}, "exposure is 'much'; it must be a number."),
    "not a number": ({"exposure": float("nan")}, "exposure is nan; it must be a finite number."),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_params_are_refused_with_field_value_and_what_is_allowed(place, strategy, case):
    params, message = WRONG[case]
    place.write(strategy())
    with pytest.raises(ConfigError) as caught:
        place.registry().create("strategies", "steady", params, where="my.yaml: strategy.strategy_params")
    assert message in str(caught.value)
    assert str(caught.value).endswith("See: qlop plugins show strategies steady")


def test_without_a_place_the_plugin_itself_is_named(place, strategy):
    place.write(strategy())
    with pytest.raises(ConfigError, match="params of strategy 'steady': exposure is -1; it must be at least 0"):
        place.registry().create("strategies", "steady", {"exposure": -1})


def test_an_instance_gets_its_own_name_and_checked_params(place, strategy):
    place.write(strategy())
    registry = place.registry()
    made = registry.create("strategies", "steady", {"exposure": 2}, instance_name="double")
    assert (made.name, made.params.exposure) == ("double", 2.0)
    assert registry.create("strategies", "steady", {}).name == "steady"


def test_an_error_of_qlops_own_passes_through_as_it_is(place, strategy):
    place.write(strategy() + "    def __init__(self, name, params):\n        raise qlop.DataError('no such file')\n")
    with pytest.raises(DataError, match=r"^no such file$"):
        place.registry().create("strategies", "steady", {})


def test_a_schema_is_given_without_importing_the_plugin_here(place, strategy):
    place.write(strategy(header="import sys; assert 'pytest' not in sys.modules"))
    assert place.registry().schema("strategies", "steady")["properties"]["exposure"]["default"] == 1.0


def test_a_schema_has_what_a_form_needs_default_factories_hints_and_read_only_fields(place, strategy):
    fields = [
        'rungs: list[int] = Field(default_factory=lambda: [5, 20], description="Rungs.")',
        'fixed: int = Field(default=1, ge=0, le=9, frozen=True, description="Fixed.")',
        'note: str = Field(default="", description="Note.", json_schema_extra={"widget": "textarea"})',
    ]
    anchor = 'description="Exposure.")\n'
    place.write(strategy().replace(anchor, anchor + "".join(f"        {field}\n" for field in fields)))
    properties = place.registry().schema("strategies", "steady")["properties"]
    assert properties["rungs"]["default"] == [5, 20]
    assert properties["fixed"]["readOnly"] is True
    assert properties["note"]["widget"] == "textarea"
    assert "readOnly" not in properties["exposure"]
