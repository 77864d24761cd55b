"""What the OpenAPI document says beyond Python's own types: the screens' types are generated from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from rasoi import app
from rasoi.payments.domain import METHODS
from rasoi.platform import asyncapi
from rasoi.platform.idempotency import KeyReused
from rasoi.platform.problems import BadRequest, Busy, TooLarge, Unavailable
from rasoi.platform.reachable import problems_of
from rasoi.settings import Settings


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(app.openapi(Settings()))
    return found


@pytest.fixture(scope="module")
def schemas(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"]
    return found


def test_an_answer_carries_every_field_and_a_request_may_leave_some_out(schemas: dict[str, Any]) -> None:
    assert "other_stations" in schemas["TicketState"]["required"]
    assert sorted(schemas["LineRequest"]["required"]) == ["quantity", "variant_id"]


def test_a_text_with_few_values_names_them_and_an_optional_one_may_be_null(schemas: dict[str, Any]) -> None:
    assert schemas["Payment"]["properties"]["status"]["enum"][0] == "pending"
    method = schemas["Payment"]["properties"]["method"]
    assert method == {
        "oneOf": [
            {"type": "string", "enum": list(METHODS)},
            {"type": "null"},
        ]
    }


def test_what_sockets_carry_is_described_with_the_same_tickets(schemas: dict[str, Any]) -> None:
    assert schemas["BoardStep"]["properties"]["ticket"] == {"$ref": "#/components/schemas/TicketState"}
    assert schemas["BoardStep"]["required"] == ["action_id", "hash", "sequence", "ticket"]


def test_asyncapi_names_the_values_and_nothing_meant_for_litestar() -> None:
    state = asyncapi.document(app.ROOMS, "1")["components"]["schemas"]["StationState"]["properties"]["state"]
    assert state == {"type": "string", "enum": ["held", "queued", "cooking", "ready", "served", "voided"]}


def test_no_choice_takes_everything(document: dict[str, Any]) -> None:
    """`oneOf [array, {}]` refuses every array."""

    def choices(part: Any) -> Iterator[list[Any]]:
        for value in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            yield from choices(value)
        if isinstance(part, dict):
            yield part.get("oneOf", [])

    assert not [found for found in choices(document) if {} in found]


def test_each_operation_says_who_may_call_it(document: dict[str, Any]) -> None:
    said = {
        path: operation["security"]
        for path, operations in document["paths"].items()
        for operation in operations.values()
    }
    assert said["/api/kitchen/actions"] == [{"staff": []}]
    assert said["/api/sessions/current"] == [{"guest": []}]
    assert said["/api/payments"] == [{"staff": []}, {"service": ["payments:read"]}]
    assert said["/api/orders/quote"] == [{"staff": []}, {"guest": []}]
    assert said["/api/staff/login/people"] == [{"device": []}, {}]
    assert said["/api/asyncapi.json"] == [{"inside": []}, {}]
    assert said["/api/sessions"] == []
    assert {name for each in said.values() for way in each for name in way} == set(
        document["components"]["securitySchemes"]
    )


def test_a_body_allows_no_other_field_and_bounds_what_it_takes(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    bodies = {
        content["schema"]["$ref"].rpartition("/")[2]
        for operations in document["paths"].values()
        for operation in operations.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        if "$ref" in content["schema"]
    }
    assert len(bodies) > 25
    assert [name for name in bodies if schemas[name].get("additionalProperties") is not False] == []
    assert [field for name in bodies for field in _unbounded(name, schemas)] == []


BOUNDS = {"string": {"maxLength", "enum", "format", "pattern"}, "integer": {"maximum"}, "array": {"maxItems"}}


def _unbounded(name: str, schemas: dict[str, Any]) -> Iterator[str]:
    for field, schema in schemas[name]["properties"].items():
        for choice in schema.get("anyOf", [schema]):
            kind = choice.get("type")
            if kind in BOUNDS and not BOUNDS[kind] & choice.keys():
                yield f"{name}.{field}"


def test_nothing_in_an_address_is_null_and_a_key_is_asked_for_where_it_is_read(
    document: dict[str, Any],
) -> None:
    keyed = set()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation["parameters"]:
                assert "null" not in json.dumps(parameter["schema"]), (path, parameter)
                if parameter["name"] == "Idempotency-Key":
                    keyed.add(path)
    assert {"/api/orders", "/api/payments/checkout", "/api/inventory/counts"} <= keyed
    assert "/api/orders/quote" not in keyed


def test_what_is_read_on_the_way_to_a_problem() -> None:
    """Functions, methods by their name, properties, tables, closures; not what is caught, nor what is never called."""
    assert problems_of(calls) == {Busy, KeyReused, TooLarge}


class Things:
    @property
    def size(self) -> int:
        raise TooLarge

    def take(self) -> None:
        raise BY_NAME["reused"]("again")

    def never(self) -> None:
        raise Unavailable


BY_NAME = {"reused": KeyReused}
Things.__module__ = "rasoi.things"
for each in (Things.take, Things.never, Things.size.fget):  # type: ignore[attr-defined]
    each.__module__ = "rasoi.things"


def calls(things: Any = None) -> None:
    try:
        Things().take()
    except BadRequest:
        raise Busy from None
    print(things.size)
