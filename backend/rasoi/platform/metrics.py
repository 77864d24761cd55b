"""The platform's Prometheus metrics. Rooms define their own beside the code that counts.

Counters and histograms are summed over processes. What the database knows is reported by one leader, as a `LeaderGauge`. No
label holds an id of an order, bill, person or event; `outlet` stands only where its number of series is bounded.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
STALE_S = 20.0  # a former leader's last report is gone after that

REQUESTS = Counter("rasoi_http_requests_total", "HTTP requests answered", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "rasoi_http_request_seconds", "Time to answer", ["method", "route"], buckets=SECONDS
)
HANDLED = Counter("rasoi_events_handled_total", "Events handled, once each", ["room", "log"])
RETRIED = Counter("rasoi_events_retried_total", "Tries to handle an event that failed", ["room", "log"])
EVENT_LAG = Histogram(
    "rasoi_event_lag_seconds",
    "From an event's writing to the end of its handling",
    ["room", "log"],
    buckets=SECONDS,
)
CONSUMER_LAG = Gauge(
    "rasoi_consumer_lag_events", "Events in Kafka that a consumer has not finished", ["room", "log"]
)
UNREADABLE = Counter("rasoi_events_unreadable_total", "Messages in Kafka that are no event", ["log"])
ROW_FAILURES = Counter(
    "rasoi_job_row_failures_total", "Rows of a job's round that could not be worked on", ["what"]
)
LEADING = Gauge("rasoi_leader", "Whether this process leads the room", ["room"])
LEADERSHIPS = Counter("rasoi_leaderships_total", "Times that this process began to lead the room", ["room"])
LOOP_LAG = Histogram(
    "rasoi_event_loop_lag_seconds", "How late the event loop came back to a waiting task", buckets=SECONDS
)
DEPENDENCY = Gauge("rasoi_dependency_up", "Whether this process reaches what it works with", ["dependency"])


def method_of(given: str) -> str:
    """The method as a label; callers may make up any."""
    return given if given in METHODS else "other"


class LeaderGauge(Collector):
    """A gauge that leaders report, each its own part as a whole: what a report leaves out is gone, and all of it once
    no report has come for STALE_S."""

    def __init__(self, name: str, about: str, labels: Sequence[str] = ()) -> None:
        self.name, self.about, self.labels = name, about, labels
        self.parts: dict[str, tuple[float, Mapping[tuple[str, ...], float]]] = {}
        REGISTRY.register(self)

    def report(self, values: Mapping[tuple[str, ...], float], part: str = "") -> None:
        """These are all there are in this part, by their labels' values."""
        self.parts[part] = (time.monotonic(), dict(values))

    def collect(self) -> Iterable[GaugeMetricFamily]:
        family = GaugeMetricFamily(self.name, self.about, labels=self.labels)
        for reported_at, values in list(self.parts.values()):
            if time.monotonic() - reported_at < STALE_S:
                for labels, value in values.items():
                    family.add_metric(labels, value)
        yield family


class Pools(Collector):
    """The connection pools of this process, by the room they belong to."""

    def __init__(self) -> None:
        self.rooms: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
        REGISTRY.register(self)

    def add(self, database: Any, role: str | None) -> None:
        self.rooms[database] = role.removeprefix("rasoi_") if role else "all"

    def collect(self) -> Iterable[GaugeMetricFamily]:
        families = [
            GaugeMetricFamily("rasoi_db_connections_used", "Connections at work", labels=["room"]),
            GaugeMetricFamily("rasoi_db_connections_max", "Connections that the pool may open", labels=["room"]),
            GaugeMetricFamily("rasoi_db_connections_waiting", "Tasks that wait for a connection", labels=["room"]),
        ]  # fmt: skip
        totals: dict[str, list[int]] = {}
        for database, room in list(self.rooms.items()):
            pool = database.pool
            if not pool.is_closing():
                total = totals.setdefault(room, [0, 0, 0])
                total[0] += pool.get_size() - pool.get_idle_size()
                total[1] += pool.get_max_size()
                total[2] += len(pool._queue._getters)  # asyncpg has no public name for it
        for room, total in totals.items():
            for family, value in zip(families, total, strict=True):
                family.add_metric([room], value)
        yield from families


POOLS = Pools()
PARKED = LeaderGauge(
    "rasoi_events_parked_keys", "Keys set aside because an event kept failing", ["room", "log"]
)
OUTBOX_LAG = LeaderGauge(
    "rasoi_outbox_lag_seconds", "Age of the oldest event that a log's reader has not passed", ["room", "log"]
)
OUTBOX_BYTES = LeaderGauge("rasoi_outbox_bytes", "Size of a room's log with its indexes", ["room"])
