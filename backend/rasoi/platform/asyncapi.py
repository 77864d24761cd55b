"""The AsyncAPI description of every event, generated from the contracts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from rasoi.platform.description import tidied
from rasoi.platform.events import REGISTRY
from rasoi.platform.rooms import Room

ENVELOPE = {
    "specversion": "1.0", "id": "UUIDv7", "source": "/rooms/<room>", "subject": "the aggregate's id, the ordering key",
    "aggregateversion": "gapless per subject", "outletid": "outlet", "correlationid": "request",
    "causationid": "event that caused it",
}  # fmt: skip


def topic(room: str) -> str:
    """The topic that a room publishes to."""
    return f"rasoi.{room}"


def document(rooms: Sequence[Room], version: str) -> dict[str, Any]:
    """An AsyncAPI 3.0 document: a channel per publishing room, a message per contract, a receiver per handler."""
    contracts = sorted(REGISTRY.items())
    schemas, definitions = msgspec.json.schema_components(
        [cls for _, cls in contracts], ref_template="#/components/schemas/{name}"
    )
    messages = {
        name: {
            "name": name,
            "contentType": "application/cloudevents+json",
            "summary": (cls.__doc__ or name).strip().splitlines()[0],
            "payload": schema,
        }
        for (name, cls), schema in zip(contracts, schemas, strict=True)
    }
    publishers = sorted({cls.event_room for _, cls in contracts})
    channels = {
        room: {
            "address": topic(room),
            "messages": {
                name: {"$ref": f"#/components/messages/{name}"}
                for name, cls in contracts
                if cls.event_room == room
            },
        }
        for room in publishers
    }
    operations: dict[str, Any] = {
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
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Rasoi events",
            "version": version,
            "description": f"CloudEvents 1.0 in JSON. Envelope: {ENVELOPE}",
        },
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": tidied(definitions)},
    }
