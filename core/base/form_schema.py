"""The JSON schema that a form is drawn from."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import core_schema

__all__ = ["form_schema"]


def form_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return pydantic's JSON schema of a model, with what a form needs besides.

    A default factory is called once and what it makes stands as the default, unless it needs the other fields; a
    field that is frozen for itself is `readOnly`.
    """
    return model.model_json_schema(schema_generator=_FormJsonSchema)


class _FormJsonSchema(GenerateJsonSchema):
    def get_default_value(self, schema: core_schema.WithDefaultSchema) -> Any:  # noqa: ANN401 - as pydantic has it
        factory = schema.get("default_factory")
        if factory is None or schema.get("default_factory_takes_data"):
            return super().get_default_value(schema)
        return factory()  # type: ignore[call-arg]

    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401 - as pydantic has it
        # Pydantic makes a serializer for each default; these are JSON as they stand.
        is_plain = dft is None or type(dft) in {bool, int, str} or (type(dft) is float and isfinite(dft))
        return dft if is_plain else super().encode_default(dft)

    def model_field_schema(self, schema: core_schema.ModelField) -> JsonSchemaValue:
        drawn = super().model_field_schema(schema)
        return {**drawn, "readOnly": True} if schema.get("frozen") else drawn
