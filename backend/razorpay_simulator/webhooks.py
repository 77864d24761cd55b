"""Delivering webhooks: signed, at least once, in no promised order, with growing pauses for 24 hours."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import random
import ssl
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from razorpay_simulator.store import Store

ANSWER_S = 5.0
FIRST_PAUSE_S, LONGEST_PAUSE_S, GIVE_UP_S = 0.5, 30.0, 24 * 3600.0
POLL_S = 0.1
Row = tuple[str, bytes, int, float]


@dataclass
class WebhookFaults:
    """What tests may do to deliveries: each count goes down as it is used.

    forge: a copy under a wrong signature comes first. old_secret: signed as before the secret was changed.
    seed: drop, duplicate and forge a tenth each at random instead, and shuffle; the same ones for a seed."""

    drop: int = 0
    duplicate: int = 0
    forge: int = 0
    reorder: bool = False
    delay_s: float = 0.0
    hold: bool = False
    old_secret: str | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311

    def hits(self, name: str) -> bool:
        """Whether this delivery meets the fault."""
        if self.seed is not None:
            return self._random.random() < 0.1
        left = int(getattr(self, name))
        setattr(self, name, max(0, left - 1))
        return left > 0

    def order(self, due: list[Row]) -> list[Row]:
        if self.reorder or self.seed is not None:
            self._random.shuffle(due)
        return due


class Deliverer:
    """Sends what is due until it is cancelled."""

    def __init__(self, store: Store, url: str | None, secret: str) -> None:
        self.store = store
        self.url = url
        self.secret = secret
        self.faults = WebhookFaults()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            if not self.url or self.faults.hold:
                continue
            now = time.time()
            due = self.faults.order(self.store.due(now - self.faults.delay_s))
            await asyncio.gather(*(self._deliver(*row) for row in due))

    async def _deliver(self, event_id: str, body: bytes, tries: int, made_at: float) -> None:
        if self.faults.hits("drop"):
            self.store.record_delivery(event_id, 0, None)
            return
        if self.faults.hits("forge"):
            await asyncio.to_thread(self._post, event_id, body, "a secret that is not ours")
        secret = self.faults.old_secret or self.secret
        status = await asyncio.to_thread(self._post, event_id, body, secret)
        good = status is not None and 200 <= status < 300
        if good and self.faults.hits("duplicate"):
            await asyncio.to_thread(self._post, event_id, body, secret)
        done = good or time.time() - made_at > GIVE_UP_S
        pause = min(FIRST_PAUSE_S * 2**tries, LONGEST_PAUSE_S) * random.uniform(0.8, 1.2)  # noqa: S311
        self.store.record_delivery(event_id, status, None if done else time.time() + pause)

    def _post(self, event_id: str, body: bytes, secret: str) -> int | None:
        """One delivery; the answer's status, or None when there was none in time."""
        parts = urlsplit(self.url or "")
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Razorpay-Webhook/v1 (simulator)",
            "X-Razorpay-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
            "x-razorpay-event-id": event_id,
        }
        host = parts.hostname or "127.0.0.1"
        if (
            parts.scheme == "https"
        ):  # to this machine, whose certificate is for another name; the body is signed
            unchecked = ssl._create_unverified_context()  # noqa: S323
            conn: HTTPConnection = HTTPSConnection(host, parts.port, timeout=ANSWER_S, context=unchecked)
        else:
            conn = HTTPConnection(host, parts.port, timeout=ANSWER_S)
        try:
            conn.request("POST", parts.path or "/", body, headers)
            answer = conn.getresponse()
            answer.read()
            return answer.status
        except (OSError, HTTPException):
            return None
        finally:
            conn.close()
