"""Request bodies are decoded strictly, straight into their structs: "1" is not a number, and 1 is not a text."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar.dto import AbstractDTO
from litestar.exceptions import ClientException, ValidationException
from litestar.plugins import SerializationPlugin
from litestar.typing import FieldDefinition


class StrictBodies(SerializationPlugin):
    """Litestar itself would convert leniently."""

    def supports_type(self, field_definition: FieldDefinition) -> bool:
        return isinstance(field_definition.annotation, type) and issubclass(
            field_definition.annotation, msgspec.Struct
        )

    def create_dto_for_type(self, field_definition: FieldDefinition) -> type[AbstractDTO[Any]]:
        return type(
            "StrictBody", (StrictBody,), {"decoder": msgspec.json.Decoder(field_definition.annotation)}
        )


class StrictBody(AbstractDTO[Any]):
    """How one route's body is read."""

    decoder: msgspec.json.Decoder[Any]

    def decode_bytes(self, value: bytes) -> Any:
        try:
            return self.decoder.decode(value)
        except msgspec.ValidationError as wrong:
            reason, _, path = str(wrong).partition(" - at ")
            raise ValidationException(
                extra=[{"key": path.strip("`$").lstrip("."), "message": reason}]
            ) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
            raise ClientException(f"The body is not JSON: {wrong}.") from None

    def decode_builtins(self, value: Any) -> Any:
        return msgspec.convert(value, self.decoder.type)

    @classmethod
    def is_supported_model_type_field(cls, field_definition: FieldDefinition) -> bool:
        return False  # answers are encoded as they are

    @classmethod
    def create_for_field_definition(cls, *_: Any, **__: Any) -> None:
        """Nothing to prepare."""

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any
    ) -> Any:
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Any:
        raise NotImplementedError

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        raise NotImplementedError
