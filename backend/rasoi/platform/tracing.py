"""Traces, from a request over the events that it causes to the screens; the only file that knows OpenTelemetry.

Nothing of it is imported, and no span is made, before `exporting` finds an endpoint in the settings. What connects
spans is `events.traceparent`, which requests, outboxes and messages carry anyway. Whether a trace is recorded is
decided by chance where it comes in, never by the caller, and is then written in its last digit for all that follows.
"""

from __future__ import annotations

import logging
import random
import re
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

import msgspec
import structlog
from uuid_utils.compat import uuid7

from rasoi.platform.events import Event, correlation_id, traceparent
from rasoi.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.trace import Span, SpanKind

log = structlog.get_logger(__name__)
FLUSH_S = 2.0
TRACED = "/api/"
# W3C's version 00; an id of zeros names nothing
TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}\Z")
NOTHING = nullcontext()
Attributes = Mapping[str, Any]
P = ParamSpec("P")
T = TypeVar("T")
Work: TypeAlias = Callable[P, Coroutine[Any, Any, T]]


class SpanBlock:
    """A span as a block: what is done or emitted inside is its child."""

    __slots__ = ("before", "span")

    def __init__(self, span: Span) -> None:
        self.span = span

    def __enter__(self) -> Span:
        self.before = traceparent.get()
        traceparent.set(inject(self.span))
        return self.span

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        traceparent.set(self.before)
        if error is not None:
            record_error(self.span, error)
        self.span.end()

    async def __aenter__(self) -> Span:
        return self.__enter__()

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.__exit__(kind, error, trace)


class Recorder:
    """The OpenTelemetry SDK, set up to export in the background and to drop what it can't get rid of."""

    def __init__(self, settings: Settings, rooms: Sequence[str]) -> None:
        from opentelemetry import trace
        from opentelemetry.context import Context
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ALWAYS_ON

        name = settings.otel_service_name or "-".join(["rasoi", *rooms])
        about = {
            "service.name": name,
            "service.namespace": "rasoi",
            "service.version": version("rasoi"),
            "service.instance.id": str(uuid7()),
        }
        self.trace, self.root = trace, Context()
        self.ratio = settings.otel_ratio
        self.kafka = settings.events == "kafka"
        self.provider = TracerProvider(ALWAYS_ON, Resource.create(about), shutdown_on_exit=False)
        logging.getLogger("opentelemetry.exporter").setLevel(logging.ERROR)  # not each try
        exporter = OTLPSpanExporter(f"{settings.otlp_endpoint}/v1/traces")
        self.provider.add_span_processor(BatchSpanProcessor(exporter))
        self.tracer = self.provider.get_tracer("rasoi", version("rasoi"))
        log.info("traces are exported", endpoint=settings.otlp_endpoint, service=name, ratio=self.ratio)

    def sample(self) -> bool:
        """Whether a trace that begins here is recorded."""
        return self.ratio >= 1 or random.random() < self.ratio  # noqa: S311

    def begin(self, name: str, kind: SpanKind, parent: str | None, attributes: Attributes) -> Span:
        """A span that has begun, under `parent` or as the first of a trace."""
        context = self.root
        if parent:
            span_id, flags = int(parent[36:52], 16), self.trace.TraceFlags(self.trace.TraceFlags.SAMPLED)
            above = self.trace.SpanContext(int(parent[3:35], 16), span_id, is_remote=True, trace_flags=flags)
            context = self.trace.set_span_in_context(self.trace.NonRecordingSpan(above), context)
        return self.tracer.start_span(name, context, kind, attributes)

    def close(self) -> None:
        """Send what waits, for a moment; the collector may be away."""
        ending = threading.Thread(target=self.provider.shutdown, daemon=True)
        ending.start()
        ending.join(FLUSH_S)


_recorder: Recorder | None = None


@contextmanager
def exporting(settings: Settings, rooms: Sequence[str] = ()) -> Iterator[None]:
    """Inside, this process records and exports traces, if the settings say where to. `rooms` name the service."""
    global _recorder
    if not settings.otlp_endpoint:
        yield
        return
    _recorder = Recorder(settings, rooms)
    try:
        yield
    finally:
        ended, _recorder = _recorder, None
        ended.close()


def parse(header: bytes) -> str | None:
    """A caller's traceparent, not recorded as yet; None for what is none."""
    given = header.decode("latin-1")
    return f"{given[:53]}00" if TRACEPARENT.match(given) else None


def inject(span: Span) -> str:
    """A recorded span as the traceparent of what it causes."""
    known = span.get_span_context()
    return f"00-{known.trace_id:032x}-{known.span_id:016x}-01"


def is_sampled(parent: str | None) -> bool:
    """Whether a traceparent is one, and its trace is recorded."""
    return parent is not None and TRACEPARENT.match(parent) is not None and int(parent[53:], 16) & 1 == 1


def record_error(span: Span, error: BaseException) -> None:
    """The span ended by this error; a refusal is recorded, and is no fault."""
    status = getattr(error, "status", None)
    if isinstance(status, int) and status < 500:
        span.set_attribute("error.type", type(error).__name__)
    else:
        _fault(span, type(error).__name__)
        span.record_exception(error)


def request(scope: Any) -> Span | None:
    """The SERVER span of a request to the API, if it is recorded; what the request causes is its child.

    It stands in the scope, for whoever renders an error; `end_request` ends it."""
    if _recorder is None or not scope["path"].startswith(TRACED) or not _recorder.sample():
        return None
    about = {
        "http.request.method": scope["method"],
        "url.path": scope["path"],
        "url.scheme": scope.get("scheme", "http"),
        "rasoi.correlation_id": correlation_id.get(),
    }
    kind = _recorder.trace.SpanKind.SERVER
    span = _recorder.begin(scope["method"], kind, traceparent.get(), about)
    traceparent.set(inject(span))
    scope["span"] = span
    return span


def end_request(span: Span, method: str, route: str, status: int) -> None:
    """The end of a request, by the method and the route's template."""
    known = route.startswith("/")
    span.update_name(f"{method} {route}" if known else method)
    span.set_attribute("http.response.status_code", status)
    if known:
        span.set_attribute("http.route", route)
    if status >= 500:
        _fault(span, str(status))
    span.end()


def record_failure(scope: Any, error: BaseException) -> None:
    """What went wrong in a request that is answered all the same."""
    if span := scope.get("span"):
        span.record_exception(error)


def spanned(name: str) -> Callable[[Work[P, T]], Work[P, T]]:
    """Decorates work that is a span of its own inside a recorded trace."""

    def decorate(work: Work[P, T]) -> Work[P, T]:
        async def inside(*args: P.args, **kwargs: P.kwargs) -> T:
            with _inside(name, "INTERNAL", traceparent.get(), {}):
                return await work(*args, **kwargs)

        def called(*args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
            return work(*args, **kwargs) if _recorder is None else inside(*args, **kwargs)

        return called

    return decorate


def transaction(room: str) -> Any:
    """A room's transaction: the events that it emits are its children."""
    if _recorder is None:
        return NOTHING
    return _inside(f"transaction {room}", "INTERNAL", traceparent.get(), {"db.system.name": "postgresql"})


def begin_send(event: Event, topic: str) -> Span | None:
    """The PRODUCER span of an event on its way to Kafka; `end_send` ends it."""
    if _recorder is None or not is_sampled(event.traceparent):
        return None
    kind = _recorder.trace.SpanKind.PRODUCER
    return _recorder.begin(f"send {topic}", kind, event.traceparent, _message(event, topic, "send"))


def end_send(span: Span, acknowledged: Any) -> None:
    """The end of `begin_send`, as the callback of its future."""
    if not acknowledged.cancelled() and (error := acknowledged.exception()):
        record_error(span, error)
    span.end()


def extract(event: Event, headers: Sequence[tuple[str, bytes | None]]) -> Event:
    """An event out of Kafka, as caused by its sending."""
    if _recorder is None:
        return event
    given = dict(headers).get("traceparent") or b""
    parent = given.decode("latin-1")
    return msgspec.structs.replace(event, traceparent=parent) if TRACEPARENT.match(parent) else event


def is_recorded(event: Event) -> bool:
    """Whether the handling of this event is recorded, step by step."""
    return _recorder is not None and is_sampled(event.traceparent)


def handling(event: Event, room: str, source: str) -> Any:
    """The CONSUMER span of an event that a room handles."""
    if _recorder is None or not is_sampled(event.traceparent):
        return NOTHING
    topic = f"rasoi.{source}"
    about = {"messaging.consumer.group.name": f"rasoi.{room}", **_message(event, topic, "process")}
    return _inside(f"process {topic}", "CONSUMER", event.traceparent, about)


def emitting(event: Event, channel: str, kind: str) -> Any:
    """The sending of an event to the screens that listen on a channel."""
    if _recorder is None or not is_sampled(event.traceparent):
        return NOTHING
    about = {
        "rasoi.channel": channel,
        "cloudevents.event_id": str(event.id),
        "cloudevents.event_type": event.type,
    }
    return _inside(f"realtime emit {kind}", "INTERNAL", event.traceparent, about)


def calling(peer: str) -> Any:
    """A CLIENT span around a call to another service; without a trace, the first of one. `record_response` fills it."""
    parent = traceparent.get()
    if _recorder is None or (not is_sampled(parent) if parent else not _recorder.sample()):
        return NOTHING
    kind = _recorder.trace.SpanKind.CLIENT
    return SpanBlock(_recorder.begin(peer, kind, parent, {"service.peer.name": peer}))


def record_response(span: Span | None, peer: str, response: Any) -> None:
    """What the other service answered, as `requests` has it."""
    if span is None:
        return
    asked = response.request
    span.update_name(f"{asked.method} {peer}")
    span.set_attribute("http.request.method", asked.method)
    span.set_attribute("url.full", asked.url)
    span.set_attribute("http.response.status_code", response.status_code)


def _message(event: Event, topic: str, operation: str) -> dict[str, Any]:
    assert _recorder is not None
    return {
        "messaging.system": "kafka" if _recorder.kafka else "rasoi",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": topic,
        "messaging.message.id": str(event.id),
        "messaging.kafka.message.key": event.subject,
        "cloudevents.event_id": str(event.id),
        "cloudevents.event_type": event.type,
        "cloudevents.event_source": event.source,
        "rasoi.correlation_id": event.correlationid,
    }


def _inside(name: str, kind: str, parent: str | None, attributes: Attributes) -> Any:
    """A span inside a trace that is recorded, else nothing."""
    if _recorder is None or not is_sampled(parent):
        return NOTHING
    return SpanBlock(_recorder.begin(name, _recorder.trace.SpanKind[kind], parent, attributes))


def _fault(span: Span, what: str) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("error.type", what)
    span.set_status(Status(StatusCode.ERROR))
