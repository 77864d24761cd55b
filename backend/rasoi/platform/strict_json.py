"""Request bodies are decoded strictly, straight into their structs: "1" is not a number, and 1 is not a text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from litestar.dto import AbstractDTO
from litestar.exceptions import ClientException, ValidationException
from litestar.plugins import SerializationPlugin
from litestar.typing import FieldDefinition

from rasoi.platform.plain_text import REASON, refused_at


class StrictJsonPlugin(SerializationPlugin):
    """Litestar itself would convert leniently."""

    def supports_type(self, field_definition: FieldDefinition) -> bool:
        return isinstance(field_definition.annotation, type) and issubclass(
            field_definition.annotation, msgspec.Struct
        )

    def create_dto_for_type(self, field_definition: FieldDefinition) -> type[AbstractDTO[Any]]:
        decode = staticmethod(decoder_of(field_definition.annotation))
        return type(
            "StrictJson", (StrictJson,), {"decode_bytes": decode, "model": field_definition.annotation}
        )


def decoder_of(model: type[msgspec.Struct]) -> Callable[[bytes], Any]:
    """Reads one struct's JSON; what is wrong with it is reported as Litestar would."""
    decoder = msgspec.json.Decoder(model)

    def decode(value: bytes) -> Any:
        if (place := refused_at(value)) is not None:
            raise ValidationException(extra=[{"key": place, "message": REASON}])
        try:
            return decoder.decode(value)
        except msgspec.ValidationError as wrong:
            reason, _, path = str(wrong).partition(" - at ")
            raise ValidationException(
                extra=[{"key": path.strip("`$").lstrip("."), "message": reason}]
            ) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
            raise ClientException(f"The body is not JSON: {wrong}.") from None

    return decode


class StrictJson(AbstractDTO[Any]):
    """How one route's body is read."""

    model: type[Any]

    def decode_builtins(self, value: Any) -> Any:
        return msgspec.convert(value, self.model)

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
