"""What the payments room counts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from rasoi.platform.metrics import SECONDS, LeaderGauge

# what Razorpay names as reasons without end, as few
REASONS = frozenset(
    {
        "payment_failed",
        "payment_cancelled",
        "payment_timed_out",
        "payment_declined",
        "insufficient_funds",
        "authentication_failed",
        "incorrect_otp",
        "incorrect_pin",
        "bank_technical_error",
        "gateway_technical_error",
        "card_expired",
        "invalid_vpa",
        "payment_risk_check_failed",
        "server_error",
    }
)
PAYMENTS = Counter(
    "rasoi_payments_total", "Payments and attempts by what became of them", ["method", "outcome", "reason"]
)
CAPTURED = Counter("rasoi_captured_paise_total", "Money that came in", ["method"])
REFUNDS = Counter("rasoi_refunds_total", "Refunds by what became of them", ["method", "outcome"])
REFUNDED = Counter("rasoi_refunded_paise_total", "Money that was given back", ["method"])
WEBHOOKS = Counter("rasoi_payment_webhooks_total", "Provider's webhooks by what became of them", ["outcome"])
PROVIDER_SECONDS = Histogram(
    "rasoi_provider_seconds", "Time of a call to the payment provider", ["outcome"], buckets=SECONDS
)
PROVIDER_AVAILABLE = Gauge(
    "rasoi_provider_available",
    "Whether the payment provider answers (1) or online payment is off (0)",
    ["provider"],
)
WAITING = LeaderGauge(
    "rasoi_payment_work_waiting", "Webhooks and refunds that wait to be worked on", ["work"]
)
OLDEST = LeaderGauge("rasoi_payment_work_oldest_seconds", "Age of the oldest of them", ["work"])
UNSETTLED = LeaderGauge(
    "rasoi_captures_unsettled", "Payments of three days captured, not on a bill and not given back either"
)

DIFFERENCES = Counter(
    "rasoi_provider_differences_total",
    "Rows of the provider's books that ours lacked and took over",
    ["list"],
)
COMPARED = LeaderGauge(
    "rasoi_provider_compared_seconds",
    "Since the provider's books of the last days were compared",
    ["provider"],
)

for outcome in ("applied", "superseded", "waiting", "parked", "forged", "unsigned"):
    WEBHOOKS.labels(outcome)  # there from the start, so that the first one is seen as an increase


def reason_of(given: str | None) -> str:
    """The provider's reason as a label."""
    return given if given in REASONS else "other"
