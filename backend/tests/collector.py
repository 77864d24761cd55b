"""A real OTLP collector, as small as can be: it takes traces over HTTP, and keeps the spans."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True)
class Seen:
    """A span as it arrived. `parent` is the id of the span above it, or empty."""

    name: str
    kind: str
    trace: str
    id: str
    parent: str
    about: dict[str, Any]
    failed: bool
    errors: list[str]
    service: str
    seconds: float


class Collector:
    """Use it as a block; `spans` are all that came so far."""

    def __init__(self) -> None:
        self.spans: list[Seen] = []
        self.requests: list[str] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                collector.requests.append(self.path)
                fits = self.path == "/v1/traces" and self.headers["content-type"] == "application/x-protobuf"
                self.send_response(200 if fits else 404)
                self.end_headers()
                if fits:
                    collector.spans += spans_of(ExportTraceServiceRequest.FromString(body))
                    self.wfile.write(ExportTraceServiceResponse().SerializeToString())

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Collector:
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def named(self, name: str, **about: Any) -> list[Seen]:
        """The spans of that name that have at least these attributes, `_` for a dot."""
        wanted = {key.replace("__", "."): value for key, value in about.items()}
        return [each for each in self.spans if each.name == name and wanted.items() <= each.about.items()]

    def above(self, span: Seen) -> list[Seen]:
        """The spans from this one's parent up to the first, within its trace."""
        known = {each.id: each for each in self.spans if each.trace == span.trace}
        chain: list[Seen] = []
        while span.parent in known:
            span = known[span.parent]
            chain.append(span)
        return chain


def spans_of(request: ExportTraceServiceRequest) -> list[Seen]:
    """The spans in a request, in its order."""
    found = []
    for resource in request.resource_spans:
        service = values(resource.resource.attributes)["service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                errors = [values(event.attributes)["exception.type"] for event in span.events]
                found.append(
                    Seen(
                        name=span.name,
                        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
                        trace=span.trace_id.hex(),
                        id=span.span_id.hex(),
                        parent=span.parent_span_id.hex(),
                        about=values(span.attributes),
                        failed=span.status.code == 2,
                        errors=errors,
                        service=service,
                        seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
                    )
                )
    return found


def values(attributes: Any) -> dict[str, Any]:
    """OTLP's attributes as a dict."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
