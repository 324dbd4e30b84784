"""What a model's card says of its parameters: in a person's words, nested ones too."""

from core.services.model_facts import learned_facts


def test_nested_parameters_are_told_without_marks_of_python():
    layers = [{"kind": "linear", "width": 64}, {"kind": "relu"}]
    card = {
        "model_type": "custom_network",
        "model_params": {"network": {"kind": "layers", "layers": layers}, "gpu": False},
    }
    facts = dict(learned_facts(card, {}, {}))
    told = "custom_network: network (kind layers, layers [(kind linear, width 64), (kind relu)]), gpu off"
    assert facts["Model"] == told


def test_a_model_that_learned_elsewhere_is_not_said_to_have_learned_here_alone():
    learned = {"until": "2009-12-31T00:00:00+00:00", "elsewhere": "unknown"}
    said = dict(learned_facts({"learned": learned}, {}, {}))["Learned until"]
    assert said == "2009-12-31 here; elsewhere before, until when is not known"
    assert dict(learned_facts({"learned": {**learned, "elsewhere": "known"}}, {}, {}))["Learned until"] == "2009-12-31"
