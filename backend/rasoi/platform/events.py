"""Events: CloudEvents 1.0 in JSON, and the registry of the payloads that may travel in them."""

from __future__ import annotations

from contextvars import ContextVar, Token
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

CONTENT_TYPE = "application/cloudevents+json"
correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
causation_id: ContextVar[str | None] = ContextVar("causation_id", default=None)
traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all event payloads. Decoding ignores unknown fields, so fields may be added within a version."""

    event_type: ClassVar[str]
    event_room: ClassVar[str]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it travels. `subject` is the aggregate's id and the ordering key."""

    id: UUID
    type: str
    source: str
    subject: str
    time: datetime
    outletid: int
    aggregateversion: int
    correlationid: str
    causationid: str | None = None
    traceparent: str | None = None
    data: msgspec.Raw
    specversion: str = "1.0"
    datacontenttype: str = "application/json"

    def age(self) -> float:
        """Seconds since it was written."""
        return (datetime.now(UTC) - self.time).total_seconds()


C = TypeVar("C", bound=type[Contract])
REGISTRY: dict[str, type[Contract]] = {}


def contract(event_type: str, room: str) -> Any:
    """Register a payload class under its versioned type name, such as `rasoi.order.placed.v1`."""

    def register(cls: C) -> C:
        if event_type in REGISTRY:
            raise ValueError(f"two contracts are named {event_type}")
        cls.event_type, cls.event_room = event_type, room
        REGISTRY[event_type] = cls
        return cls

    return register


def new_event(payload: Contract, *, subject: str, outlet_id: int, version: int) -> Event:
    """Wrap a payload; ids of the request or event in progress are taken along."""
    return Event(
        id=uuid7(),
        type=payload.event_type,
        source=f"/rooms/{payload.event_room}",
        subject=subject,
        time=datetime.now(UTC),
        outletid=outlet_id,
        aggregateversion=version,
        correlationid=correlation_id.get() or str(uuid7()),
        causationid=causation_id.get(),
        traceparent=traceparent.get(),
        data=msgspec.Raw(msgspec.json.encode(payload)),
    )


def decode(event: Event) -> Contract | None:
    """The event's payload, or None for a type that this build does not know."""
    cls = REGISTRY.get(event.type)
    return None if cls is None else msgspec.json.decode(event.data, type=cls)


def bind(event: Event) -> list[Token[Any]]:
    """Work on behalf of an event: what it causes carries its correlation, and names it as the cause."""
    return [
        correlation_id.set(event.correlationid),
        causation_id.set(str(event.id)),
        traceparent.set(event.traceparent),
    ]


def reset(tokens: list[Token[Any]]) -> None:
    """The end of `enter`."""
    for token in tokens:
        token.var.reset(token)
