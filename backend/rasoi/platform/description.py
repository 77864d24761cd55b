"""What the OpenAPI and AsyncAPI documents say of a type beyond what Python's checks need."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec
from litestar import Litestar
from msgspec import Meta

from rasoi.platform import contract

REF = "#/components/schemas/"


def one_of(values: Iterable[str]) -> Meta:
    """`Annotated[str, one_of(STATES)]` is described by its values and read as any text, so that a newer
    sender's new value is no error."""
    names = list(values)
    # Litestar takes what stands under `extra`, msgspec the rest.
    return Meta(extra_json_schema={"enum": names, "extra": {"enum": names}})


def tidied(schema: Any) -> Any:
    """A schema that msgspec made, without the words meant for Litestar."""
    if isinstance(schema, dict):
        known = {key: value for key, value in schema.items() if not (key == "extra" and "enum" in schema)}
        return {key: tidied(value) for key, value in known.items()}
    return [tidied(value) for value in schema] if isinstance(schema, list) else schema


def complete(application: Litestar, payloads: Collection[type[msgspec.Struct]]) -> dict[str, Any]:
    """The OpenAPI document with security, keys and refusals, and the sockets' payloads among its schemas. What only the
    server sends always carries every field, so there all are required, also those that have a default in Python; a problem
    says by itself which it may leave out."""
    document = application.openapi_schema.to_schema()
    schemas = document["components"]["schemas"]
    contract.say(document, application)
    _, read = msgspec.json.schema_components(contract.bodies(application), ref_template=REF + "{name}")
    # Litestar knows less of what is refused
    schemas |= {name: tidied(schema) for name, schema in read.items()}
    if taken := schemas.keys() & {cls.__name__ for cls in payloads}:
        raise ValueError(f"a route's schema has the same name as a socket's payload: {taken}")
    _, more = msgspec.json.schema_components(list(payloads), ref_template=REF + "{name}")
    for name, schema in more.items():
        schemas.setdefault(name, tidied(schema))
    bodies = [
        operation["requestBody"]
        for operations in document["paths"].values()
        for operation in operations.values()
        if "requestBody" in operation
    ]
    received = set(_reached(bodies, schemas))
    for name, schema in schemas.items():
        properties = schema.get("properties", {})
        for field in properties.values():
            _give_values_to_text(field)
        if name not in received and properties and schema is not contract.PROBLEM:
            schema["required"] = sorted(properties)
    return document


def _give_values_to_text(field: dict[str, Any]) -> None:
    """Litestar writes the values of an optional text beside the choice of text or null: they are the text's."""
    texts = [choice for choice in field.get("oneOf", ()) if choice.get("type") == "string"]
    if texts and "enum" in field:
        texts[0]["enum"] = field.pop("enum")


def _reached(part: Any, schemas: dict[str, Any]) -> Iterator[str]:
    """The names of the schemas that a part of the document refers to, directly or by way of others."""
    if isinstance(part, list):
        for value in part:
            yield from _reached(value, schemas)
    elif isinstance(part, dict):
        for value in part.values():
            yield from _reached(value, schemas)
        if name := str(part.get("$ref", "")).removeprefix(REF):
            yield name
            yield from _reached(schemas[name], schemas)
