"""The simulator's books on disk: entities as JSON documents, webhooks to deliver, and the log of requests."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Doc = dict[str, Any]

TABLES = """
CREATE TABLE IF NOT EXISTS entity (id TEXT PRIMARY KEY, kind TEXT NOT NULL, parent TEXT, receipt TEXT, doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entity_parent ON entity (parent);
CREATE INDEX IF NOT EXISTS entity_receipt ON entity (receipt) WHERE receipt IS NOT NULL;
CREATE INDEX IF NOT EXISTS entity_kind ON entity (kind);
CREATE TABLE IF NOT EXISTS refund_key (key TEXT PRIMARY KEY, asked TEXT NOT NULL, refund TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS webhook (id TEXT PRIMARY KEY, event TEXT NOT NULL, body BLOB NOT NULL, made_at REAL NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0, due_at REAL, last_status INTEGER);
CREATE INDEX IF NOT EXISTS webhook_due ON webhook (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS request (n INTEGER PRIMARY KEY, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
  idempotency TEXT, body TEXT NOT NULL, status INTEGER NOT NULL, fault TEXT);
"""


class Store:
    """One SQLite file, used from one thread. What was answered survives the end of the process."""

    def __init__(self, path: Path | None) -> None:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(path or ":memory:", isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = NORMAL")
        self.db.executescript(TABLES)
        # the receiver was most likely away as long as we were
        self.db.execute("UPDATE webhook SET due_at = made_at WHERE due_at IS NOT NULL")

    @contextmanager
    def change(self) -> Iterator[None]:
        """All or nothing."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def put(self, doc: Doc, *, parent: str | None = None, receipt: str | None = None) -> None:
        sql = """INSERT INTO entity (id, kind, parent, receipt, doc) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET doc = excluded.doc"""
        self.db.execute(sql, (doc["id"], doc["entity"], parent, receipt, json.dumps(doc)))

    def get(self, kind: str, found: str) -> Doc | None:
        return self._one("SELECT doc FROM entity WHERE id = ? AND kind = ?", found, kind)

    def children(self, kind: str, parent: str) -> list[Doc]:
        """Entities of a kind below `parent`, newest first, as Razorpay lists them."""
        return self._all(
            "SELECT doc FROM entity WHERE parent = ? AND kind = ? ORDER BY rowid DESC", parent, kind
        )

    def with_receipt(self, receipt: str) -> Doc | None:
        return self._one("SELECT doc FROM entity WHERE receipt = ? AND kind = 'order'", receipt)

    def all(self, kind: str, count: int = -1, skip: int = 0, first: int = 0, last: int = 2**40) -> list[Doc]:
        """Entities of a kind made from `first` to `last` (epoch seconds), newest first."""
        sql = """SELECT doc FROM entity WHERE kind = ? AND json_extract(doc, '$.created_at') BETWEEN ? AND ?
        ORDER BY rowid DESC LIMIT ? OFFSET ?"""
        return self._all(sql, kind, first, last, count, skip)

    def refund_key(self, key: str) -> tuple[str, str] | None:
        """What was asked under an idempotency key, and the refund that it made."""
        return self.db.execute("SELECT asked, refund FROM refund_key WHERE key = ?", (key,)).fetchone()  # type: ignore[no-any-return]

    def keep_refund_key(self, key: str, asked: str, refund: str) -> None:
        self.db.execute("INSERT INTO refund_key VALUES (?, ?, ?)", (key, asked, refund))

    def queue(self, event_id: str, event: str, body: bytes, now: float, due_at: float) -> None:
        """A webhook to be delivered from `due_at` on (epoch seconds)."""
        sql = "INSERT INTO webhook (id, event, body, made_at, due_at) VALUES (?, ?, ?, ?, ?)"
        self.db.execute(sql, (event_id, event, body, now, due_at))

    def due(self, now: float, limit: int = 16) -> list[tuple[str, bytes, int, float]]:
        """(id, body, tries, made_at) of the webhooks whose time has come."""
        sql = "SELECT id, body, tries, made_at FROM webhook WHERE due_at <= ? ORDER BY due_at LIMIT ?"
        return self.db.execute(sql, (now, limit)).fetchall()

    def record_delivery(self, event_id: str, status: int | None, again_at: float | None) -> None:
        """Note an attempt to deliver; `again_at` None means no more."""
        sql = "UPDATE webhook SET tries = tries + 1, last_status = ?, due_at = ? WHERE id = ?"
        self.db.execute(sql, (status, again_at, event_id))

    def webhooks(self) -> list[Doc]:
        sql = "SELECT id, event, tries, last_status, due_at IS NULL, body FROM webhook ORDER BY rowid"
        names = ("id", "event", "tries", "last_status", "finished", "body")
        rows = [dict(zip(names, row, strict=True)) for row in self.db.execute(sql)]
        return [row | {"finished": bool(row["finished"]), "body": json.loads(row["body"])} for row in rows]

    def log(
        self,
        at: float,
        method: str,
        path: str,
        idempotency: str | None,
        body: str,
        status: int,
        fault: str | None,
    ) -> None:
        sql = "INSERT INTO request (at, method, path, idempotency, body, status, fault) VALUES (?, ?, ?, ?, ?, ?, ?)"
        self.db.execute(sql, (at, method, path, idempotency, body, status, fault))

    def requests(self, after: int = 0) -> list[Doc]:
        names = ("n", "at", "method", "path", "idempotency", "body", "status", "fault")
        rows = self.db.execute(f"SELECT {', '.join(names)} FROM request WHERE n > ? ORDER BY n", (after,))
        return [dict(zip(names, row, strict=True)) for row in rows]

    def clear(self) -> None:
        """Forget everything."""
        with self.change():
            for table in ("entity", "refund_key", "webhook", "request"):
                self.db.execute(f"DELETE FROM {table}")

    def _one(self, sql: str, *args: Any) -> Doc | None:
        row = self.db.execute(sql, args).fetchone()
        return None if row is None else json.loads(row[0])

    def _all(self, sql: str, *args: Any) -> list[Doc]:
        return [json.loads(row[0]) for row in self.db.execute(sql, args)]
