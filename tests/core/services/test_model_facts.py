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
