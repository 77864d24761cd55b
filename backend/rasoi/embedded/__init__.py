"""A real PostgreSQL and a real Redis as children of this process, for a platform on one box."""

from rasoi.embedded.children import Child, ChildFailed, spawn_child
from rasoi.embedded.stack import AlreadyRunning, Embedded, reachable_database

__all__ = ["AlreadyRunning", "Child", "ChildFailed", "Embedded", "reachable_database", "spawn_child"]
