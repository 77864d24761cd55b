"""Someone without the secret, who has seen every webhook: what they send changes nothing."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

from rasoi.payments import webhooks
from rasoi.payments.workers import WorkerSignals
from rasoi.platform.database import Database
from tests.payments.client_log import state_of
from tests.razorpay_simulator.process import WEBHOOK_SECRET

if TYPE_CHECKING:
    from tests.payments.conftest import Till

STORED = "SELECT event_id, body FROM payments.webhook"
ALTERED = (
    (b'"amount":', b'"amount":9'),
    (b'"status":"failed"', b'"status":"captured"'),
    (b'"amount_refunded":', b'"amount_refunded":9'),
    (b'"INR"', b'"USD"'),
)


async def forged_changes_nothing(till: Till, owner: Database) -> list[str]:
    """14: of what was ever sent, altered, signed by somebody else or replayed, nothing is taken in; and all that was taken
    in was sent by the provider as it stands."""
    sent = till.sent_webhooks()
    told = dict(sent)
    kept = {row["event_id"]: row["body"] for row in await owner.fetch(STORED)}
    found = [
        f"webhook {event_id} was kept, and never sent like this"
        for event_id, body in kept.items()
        if told.get(event_id) != body
    ]
    before = await state_of(owner, "payments.webhook")
    for event_id, body in sent[-2:]:
        for what, headers, forged in _forgeries(event_id, body):
            answer = await till.http.post("/api/payments/webhook/razorpay", content=forged, headers=headers)
            if answer.status_code != 401:
                found.append(f"a webhook that was {what} is answered {answer.status_code}")
    for event_id, body in [each for each in sent if each[0] in kept][-3:]:
        answer = await till.webhook(body, event_id)
        if answer.status_code != 200:
            found.append(f"a replayed webhook is answered {answer.status_code}")
    till.ctx.get(WorkerSignals).webhooks.set()
    await webhooks.process_webhooks(till.ctx)
    if await state_of(owner, "payments.webhook") != before:
        found.append("forged or replayed webhooks changed something")
    return found


def _forgeries(event_id: str, body: bytes) -> list[tuple[str, dict[str, str], bytes]]:
    """(What was done to it, headers, body.)"""
    genuine = hmac.digest(WEBHOOK_SECRET.encode(), body, "sha256").hex()
    other = hmac.digest(b"somebody else's secret", body, "sha256").hex()
    altered = [body.replace(old, new, 1) for old, new in ALTERED if old in body]
    made: list[tuple[str, dict[str, str], bytes]] = [("signed by another", _headers(other, event_id), body)]
    made += [("altered", _headers(genuine, f"{event_id}{n}"), each) for n, each in enumerate(altered)]
    return made


def _headers(signature: str, event_id: str) -> dict[str, Any]:
    return {"X-Razorpay-Signature": signature, "x-razorpay-event-id": event_id + "f"}
