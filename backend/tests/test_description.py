"""What the OpenAPI document says beyond Python's own types: the screens' types are generated from it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rasoi import app
from rasoi.platform import asyncapi
from rasoi.settings import Settings


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(app.openapi(Settings()))
    found: dict[str, Any] = document["components"]["schemas"]
    return found


def test_an_answer_carries_every_field_and_a_request_may_leave_some_out(schemas: dict[str, Any]) -> None:
    assert "other_stations" in schemas["TicketState"]["required"]
    assert schemas["LineRequest"]["required"] == ["quantity", "variant_id"]


def test_a_text_with_few_values_names_them_and_an_optional_one_may_be_null(schemas: dict[str, Any]) -> None:
    assert schemas["Payment"]["properties"]["status"]["enum"][0] == "pending"
    method = schemas["Payment"]["properties"]["method"]
    assert method == {
        "oneOf": [
            {"type": "string", "enum": ["cash", "upi", "card", "netbanking", "wallet"]},
            {"type": "null"},
        ]
    }


def test_what_sockets_carry_is_described_with_the_same_tickets(schemas: dict[str, Any]) -> None:
    assert schemas["BoardStep"]["properties"]["ticket"] == {"$ref": "#/components/schemas/TicketState"}
    assert schemas["BoardStep"]["required"] == ["action_id", "hash", "sequence", "ticket"]


def test_asyncapi_names_the_values_and_nothing_meant_for_litestar() -> None:
    state = asyncapi.document(app.ROOMS, "1")["components"]["schemas"]["StationState"]["properties"]["state"]
    assert state == {"type": "string", "enum": ["held", "queued", "cooking", "ready", "served", "voided"]}
