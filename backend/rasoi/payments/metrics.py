"""What the payments room counts."""

from __future__ import annotations

from prometheus_client import Counter

PAYMENTS = Counter("rasoi_payments_total", "Payments by what became of them", ["method", "outcome"])
REFUNDS = Counter("rasoi_refunds_total", "Refunds by what became of them", ["method", "outcome"])
WEBHOOKS = Counter("rasoi_payment_webhooks_total", "Provider's webhooks by what became of them", ["outcome"])
