"""A room as data: what it serves, which events it handles, what it lets others call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.events import Contract, Event

Handler = Callable[[Context, Tx, Event, Any], Awaitable[None]]
BatchHandler = Callable[[Context, Sequence[Event]], Awaitable[None]]
BroadcastHandler = Callable[[Context, Event, Any], Awaitable[None]]


@dataclass(frozen=True)
class Job:
    """Work that one process does every `every_s` seconds, under the room's leadership."""

    name: str
    every_s: float
    run: Callable[[Context], Awaitable[None]]


@dataclass(frozen=True)
class Room:
    """`handlers` run once per event under the inbox; `broadcast_handlers` run in every process, for events from now on.
    `batch_handler` handles a batch of events of these types, inbox and all, in one statement: the fast path for what
    guests and cooks wait for; where it fails the handlers do the same. `linger_s` is how long its readers let events gather,
    where nobody waits for them."""

    name: str
    routes: Sequence[Any] = ()
    handlers: Mapping[type[Contract], Handler] = field(default_factory=dict)
    broadcast_handlers: Mapping[type[Contract], BroadcastHandler] = field(default_factory=dict)
    batch_handler: tuple[frozenset[type[Contract]], BatchHandler] | None = None
    jobs: Sequence[Job] = ()
    start: Callable[[Context], Awaitable[None]] | None = None
    stop: Callable[[Context], Awaitable[None]] | None = None
    linger_s: float = 0.0
    functions: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def logs(self) -> list[str]:
        """The rooms whose logs this one consumes, in order."""
        return sorted({contract.event_room for contract in self.handlers})


@dataclass(frozen=True)
class Hosted:
    """A room in a process, with the context that it works in there: under its own role, where it has one."""

    room: Room
    ctx: Context
