"""A PMML document has its elements in the schema's order, and names of anybody's making stay text."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from core.base.errors import ExportError
from core.engine.calibration import Calibrator
from core.engine.fitted_model import PayoffMap
from core.engine.pmml.document import PmmlModel, write_pmml
from core.engine.pmml.score_model import Leaf, LinearScore, ScoreModel, Split, TreeScore

# Children in the order of the schema pmml-4-4.xsd, of the elements that are written.
ORDER = {
    "PMML": ["Header", "DataDictionary", "MiningModel"],
    "MiningModel": ["MiningSchema", "Output", "LocalTransformations", "Segmentation"],
    "RegressionModel": ["MiningSchema", "Output", "LocalTransformations", "RegressionTable"],
    "TreeModel": ["MiningSchema", "Output", "Node"],
    "Node": ["True", "SimplePredicate", "Node"],
    "Segment": ["True", "MiningModel", "RegressionModel", "TreeModel"],
}
TREE = Split(0, 0.25, True, False, Leaf(1.0), Split(1, -1.0, False, True, Leaf(2.0), Leaf(3.0)))


def model(*features: str, **changes: object) -> PmmlModel:
    scores = ScoreModel((TreeScore((TREE, Leaf(0.5)), base=0.1),), "logistic")
    settings = {"classes": (0.0, 1.0), "calibrators": (Calibrator("platt", slope=0.5, intercept=0.1),), **changes}
    return PmmlModel("m", settings.pop("scored", scores), features or ("a", "b"), **settings)


def written(described: PmmlModel, folder: Path) -> ET.Element:
    write_pmml(described, folder / "m.pmml")
    return ET.parse(folder / "m.pmml").getroot()


def plain(element: ET.Element) -> str:
    return element.tag.partition("}")[2]


@pytest.mark.parametrize("link", ["logistic", "value", "linear"])
def test_children_stand_in_the_order_of_the_schema(link: str, tmp_path: Path) -> None:
    payoff = PayoffMap(Calibrator("platt"), 0.1, 0.2)
    linear = ScoreModel((LinearScore((1.0, 2.0), 0.5, (0.0, 0.0), (1.0, 1.0), (2.0, 2.0)),), "value")
    changes = {
        "logistic": {"payoff": payoff},
        "value": {"classes": (), "calibrators": (), "scored": ScoreModel((TreeScore((TREE,)),), "value")},
        "linear": {"classes": (), "calibrators": (), "scored": linear},
    }[link]
    root = written(model(**changes), tmp_path)
    assert root.attrib["version"] == "4.4"
    assert root.tag == "{http://www.dmg.org/PMML-4_4}PMML"
    for element in root.iter():
        order = ORDER.get(plain(element))
        if order:
            places = [order.index(plain(child)) for child in element]
            assert places == sorted(places), plain(element)


def test_names_are_text_whatever_they_hold(tmp_path: Path) -> None:
    names = ("</DataField><!--", "a\"'&<>")
    root = written(model(*names), tmp_path)
    fields = [field.attrib["name"] for field in root.iter("{http://www.dmg.org/PMML-4_4}DataField")]
    assert fields[1:] == list(names)


def test_inner_names_keep_clear_of_the_features(tmp_path: Path) -> None:
    root = written(model("model_sum_0", "_model_x"), tmp_path)
    inner = {field.attrib["name"] for field in root.iter("{http://www.dmg.org/PMML-4_4}DerivedField")}
    assert inner
    assert all(name.startswith(("_model_", "__model_")) for name in inner)
    assert not inner & {"model_sum_0", "_model_x"}


@pytest.mark.parametrize("name", ["nul\x00", "bell\x07", "half\ud800"])
def test_a_name_that_xml_cannot_hold_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="which XML cannot hold"):
        write_pmml(model(name, "b"), tmp_path / "m.pmml")
    assert not (tmp_path / "m.pmml").exists()


def test_a_feature_that_bears_an_outputs_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="'probability_1' is a feature and what the model answers"):
        write_pmml(model("probability_1", "b"), tmp_path / "m.pmml")


def test_missing_values_go_to_the_default_child(tmp_path: Path) -> None:
    root = written(model(), tmp_path)
    node = next(root.iter("{http://www.dmg.org/PMML-4_4}Node"))
    left, right = node.findall("{http://www.dmg.org/PMML-4_4}Node")
    assert node.attrib["defaultChild"] == right.attrib["id"]
    assert right.attrib["defaultChild"] == right.findall("{http://www.dmg.org/PMML-4_4}Node")[0].attrib["id"]
    assert left.find("{http://www.dmg.org/PMML-4_4}SimplePredicate").attrib["operator"] == "lessOrEqual"
