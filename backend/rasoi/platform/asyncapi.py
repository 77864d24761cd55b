"""The AsyncAPI description of what Kafka carries, generated from the contracts: a CloudEvent around each payload."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from rasoi.platform.description import tidied
from rasoi.platform.events import CONTENT_TYPE, REGISTRY, Contract, Event
from rasoi.platform.rooms import Room

MEANINGS = {
    "id": "UUIDv7; a repeated event has the same",
    "subject": "The aggregate's id, which is the message's key",
    "time": "When it was written",
    "outletid": "The outlet that it belongs to",
    "aggregateversion": "Gapless per subject",
    "correlationid": "The request that all of it began with",
    "causationid": "The event that caused this one",
    "traceparent": "W3C trace context of what caused it",
}
Document = dict[str, Any]


def topic(room: str) -> str:
    """The topic that a room publishes to."""
    return f"rasoi.{room}"


def document(rooms: Sequence[Room], version: str) -> Document:
    """An AsyncAPI 3.0 document: a channel per publishing room, a message per contract, a receiver per handler."""
    contracts = [cls for _, cls in sorted(REGISTRY.items())]
    (envelope, *payloads), schemas = msgspec.json.schema_components(
        [Event, *contracts], ref_template="#/components/schemas/{name}"
    )
    schemas["Event"] = _envelope(schemas["Event"])
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Rasoi events",
            "version": version,
            "description": "CloudEvents 1.0 in JSON, structured mode. Fields are only added within a version.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {
            room: _channel(room, contracts) for room in sorted({cls.event_room for cls in contracts})
        },
        "operations": _operations(rooms, contracts),
        "components": {
            "messages": {
                cls.event_type: _message(cls, envelope, payload)
                for cls, payload in zip(contracts, payloads, strict=True)
            },
            "schemas": tidied(schemas),
        },
    }


def _envelope(schema: Document) -> Document:
    """What surrounds every payload. All of it is always there, if only as null."""
    properties = {
        name: about | ({"description": MEANINGS[name]} if name in MEANINGS else {})
        for name, about in schema["properties"].items()
    }
    for name in ("specversion", "datacontenttype"):
        properties[name] = {"const": properties[name]["default"]}
    properties["time"]["format"] = "date-time"
    return schema | {"title": "CloudEvent", "properties": properties, "required": sorted(properties)}


def _message(cls: type[Contract], envelope: Document, payload: Document) -> Document:
    return {
        "name": cls.event_type,
        "contentType": CONTENT_TYPE,
        "summary": (cls.__doc__ or cls.event_type).strip().splitlines()[0],
        "headers": {
            "type": "object",
            "properties": {"content-type": {"const": CONTENT_TYPE}, "traceparent": {"type": "string"}},
            "required": ["content-type"],
        },
        "bindings": {"kafka": {"key": {"type": "string", "description": "The event's subject"}}},
        "payload": {
            "allOf": [
                envelope,
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": cls.event_type},
                        "source": {"const": f"/rooms/{cls.event_room}"},
                        "data": payload,
                    },
                },
            ]
        },
    }


def _channel(room: str, contracts: Iterable[type[Contract]]) -> Document:
    names = [cls.event_type for cls in contracts if cls.event_room == room]
    return {
        "address": topic(room),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def _operations(rooms: Sequence[Room], contracts: Iterable[type[Contract]]) -> Document:
    """Who sends to a channel, and which of its messages each consuming room handles."""
    publishers = sorted({cls.event_room for cls in contracts})
    operations: Document = {
        f"publish_{room}": {"action": "send", "channel": {"$ref": f"#/channels/{room}"}}
        for room in publishers
    }
    for room in rooms:
        for source in room.logs:
            handled = sorted(cls.event_type for cls in room.handlers if cls.event_room == source)
            operations[f"{room.name}_handles_{source}"] = {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{source}"},
                "messages": [{"$ref": f"#/channels/{source}/messages/{name}"} for name in handled],
            }
    return operations
