"""The platform's Prometheus metrics. Rooms define their own beside the code that counts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

REQUESTS = Counter("rasoi_http_requests_total", "HTTP requests answered", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "rasoi_http_request_seconds", "Time to answer", ["method", "route"], buckets=SECONDS
)
HANDLED = Counter("rasoi_events_handled_total", "Events handled, once each", ["room", "log"])
EVENT_LAG = Histogram(
    "rasoi_event_lag_seconds",
    "From an event's writing to the end of its handling",
    ["room", "log"],
    buckets=SECONDS,
)
OUTBOX_LAG = Gauge(
    "rasoi_outbox_lag_seconds", "Age of the newest event when its reader had handled it", ["room", "log"]
)
PARKED = Gauge("rasoi_events_parked_keys", "Keys set aside because an event kept failing", ["room", "log"])
CONSUMER_LAG = Gauge(
    "rasoi_consumer_lag_events", "Events in Kafka that a consumer has not finished", ["room", "log"]
)
UNREADABLE = Counter("rasoi_events_unreadable_total", "Messages in Kafka that are no event", ["log"])
