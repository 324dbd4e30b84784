"""Pieces of PMML as XML elements; children come in the order that the schema asks for."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from core.base.errors import ExportError

__all__ = [
    "apply",
    "constant",
    "derived",
    "element",
    "field",
    "in_single",
    "interpolated",
    "mining_schema",
    "number",
    "output",
    "xml_text",
]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ROUNDED = "rounded_to_single"
_DOUBLE = {"optype": "continuous", "dataType": "double"}


def element(tag: str, /, *children: Element, **attributes: str) -> Element:
    """Return an element with its attributes and children."""
    made = Element(tag, attributes)
    made.extend(children)
    return made


def number(value: float) -> str:
    """Return a finite number with all of its digits.

    Raises
    ------
    ExportError
        If it is not finite.
    """
    if not math.isfinite(value):
        raise ExportError(f"PMML: the model holds the number {value}; only finite ones can be written. Use native.")
    return repr(float(value))


def xml_text(text: str) -> str:
    """Return a text that XML can hold.

    Raises
    ------
    ExportError
        If it holds a character that XML has no way to write, such as NUL.
    """
    found = _NOT_XML.search(text)
    if found:
        raise ExportError(
            f"PMML: {text!r} holds the character {found[0]!r}, which XML cannot hold. Rename the feature."
        )
    return text


def constant(value: float) -> Element:
    """Return a constant."""
    made = element("Constant", dataType="double")
    made.text = number(value)
    return made


def field(name: str) -> Element:
    """Return a reference to a field."""
    return element("FieldRef", field=name)


def apply(function: str, /, *arguments: Element) -> Element:
    """Return a built-in function of its arguments."""
    return element("Apply", *arguments, function=function)


def derived(name: str, expression: Element) -> Element:
    """Return a continuous field that is computed."""
    return element("DerivedField", expression, name=name, **_DOUBLE)


def in_single(x: Element) -> Element:
    """Return `x` rounded to single precision, by the function that `rounding` defines."""
    return apply(_ROUNDED, x)


def rounding() -> Element:
    """Return the definition of rounding to single precision, to even where two are as near, in doubles alone.

    A number and a multiple of the power of two below it, so large that their sum has no finer digits than single
    precision, are added and parted again. That power is exact in doubles: Rump, Zimmermann, Boldo and Melquiond (2009),
    Computing predecessor and successor in rounding to nearest.
    """

    def scaled() -> Element:
        return apply("*", constant(2.0**52 + 1.0), field("x"))

    def coarse() -> Element:
        power = apply("abs", apply("-", scaled(), apply("*", constant(1.0 - 2.0**-53), scaled())))
        return apply("*", constant(3.0 * 2.0**28), power)

    parameter = element("ParameterField", name="x", **_DOUBLE)
    rounded = apply("-", apply("+", field("x"), coarse()), coarse())
    return element("DefineFunction", parameter, rounded, name=_ROUNDED, **_DOUBLE)


def interpolated(name: str, knots: Sequence[tuple[float, float]]) -> Element:
    """Return a field's value read between knots, and held beyond the outer two."""
    pairs = [element("LinearNorm", orig=number(x), norm=number(y)) for x, y in knots]
    return element("NormContinuous", *pairs, field=name, outliers="asExtremeValues")


def output(name: str, feature: str, /, *children: Element, **attributes: str) -> Element:
    """Return a continuous output."""
    return element("OutputField", *children, name=name, **_DOUBLE, feature=feature, **attributes)


def mining_schema(names: Sequence[str], target: str | None = None) -> Element:
    """Return the fields that a model reads, after the one that it predicts."""
    told = [element("MiningField", name=target, usageType="target")] if target else []
    return element("MiningSchema", *told, *(element("MiningField", name=name) for name in names))
