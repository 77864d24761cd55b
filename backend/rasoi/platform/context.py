"""What a use-case may reach: the database, Redis, the settings, and parts put in by the composition root."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from rasoi.platform.database import Database
from rasoi.settings import Settings

T = TypeVar("T")


class Context:
    """One per process, or one per room of it. Parts are kept by class, so that tests put fakes in the same way."""

    def __init__(self, settings: Settings, db: Database, redis: Any | None = None) -> None:
        self.settings = settings
        self.db = db
        self.redis = redis
        self._parts: dict[type, object] = {}

    def with_database(self, db: Database) -> Context:
        """The same parts over another database: another room's in this process, under its own role."""
        other = Context(self.settings, db, self.redis)
        other._parts = self._parts
        return other

    def register(self, part: object, kind: type | None = None) -> None:
        """Keep `part` under its class, or under `kind`, its protocol."""
        self._parts[kind or type(part)] = part

    def get(self, kind: type[T]) -> T:
        """The part of that class; a missing one is a fault of the composition root."""
        try:
            return cast(T, self._parts[kind])
        except KeyError:
            raise LookupError(f"no {kind.__name__} is registered in the context") from None
