"""What the OpenAPI document says of each operation beyond what Litestar makes of its signature: who may call it, the key
it reads, and every refusal. All of it follows from guards, parameters and code; nothing is said by hand of one route."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from rasoi.platform.auth import Allow, Permit
from rasoi.platform.front_door import FORMS, INSIDE, SAFE, ForeignPage, UnsupportedMediaType
from rasoi.platform.idempotency import KeyReused
from rasoi.platform.problems import (
    BadRequest,
    Busy,
    Conflict,
    NotFound,
    Problem,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    Unprocessable,
)
from rasoi.platform.reachable import problems_of

SECURITY = {
    "staff": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Somebody of the house."},
    "guest": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A guest's session."},
    "device": {"type": "apiKey", "in": "header", "name": "X-Device-Token", "description": "A paired device."},
    "service": {"type": "http", "scheme": "bearer", "description": "A service token with the scopes that are named."},
    "inside": {"type": "http", "scheme": "bearer", "description": "INSIDE_TOKEN, where the platform is not at home."},
}  # fmt: skip
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Of the caller's choice, a new one for each new request; the same one makes a repeated request one.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
}
PROBLEM = {
    "title": "Problem",
    "description": "RFC 9457 problem details. `type` names the kind for good; docs/problems.md lists all.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "correlation_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "correlation_id": {"type": ["string", "null"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "reason"],
                "properties": {"path": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
    },
}
KEYED = frozenset({"key", "request_scope"})
Json = dict[str, Any]


def operations_of(application: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Path as in the document, method, handler."""
    for route in application.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler):
                for method in handler.http_methods:
                    yield re.sub(r":\w+\}", "}", route.path), str(method), handler


def say(document: Json, application: Litestar) -> None:
    """Complete each operation of the document."""
    document["components"]["securitySchemes"] = SECURITY
    document["components"]["schemas"]["Problem"] = PROBLEM
    for path, method, handler in operations_of(application):
        operation = document["paths"].get(path, {}).get(method.lower())
        if operation is None:
            continue
        parameters = operation.setdefault("parameters", [])
        for parameter in parameters:
            _say_no_null(parameter)
        operation["security"] = security(path, handler)
        if permission := _permission(handler):
            operation["x-permission"] = permission
        if _is_keyed(handler):
            parameters.append(KEY)
        responses = operation["responses"]
        responses.pop("400", None)  # Litestar's own, which no caller gets
        for status, refusal in described(refusals(path, method, handler, parameters)).items():
            own = responses.get(status, {})  # an answer of this status that is no problem
            content = own.get("content", {}) | refusal["content"]
            responses[status] = refusal | own | {"content": content}


def security(path: str, handler: HTTPRouteHandler) -> list[Json]:
    """Any one of these lets a caller in; {} is nobody in particular."""
    if path.startswith(INSIDE):
        return [{"inside": []}, {}]
    roles = _roles(handler)
    if roles:
        kinds = ["staff"] if roles - {"guest"} else []
        people: list[Json] = [{kind: []} for kind in [*kinds, *(["guest"] if "guest" in roles else [])]]
        return [*people, *({"service": [scope]} for scope in _scopes(handler))]
    return [{"device": []}, {}] if "device_token" in handler.parsed_fn_signature.parameters else []


def _roles(handler: HTTPRouteHandler) -> frozenset[str]:
    """Whom the guards let in; none for what is public."""
    allowed = [guard.roles for guard in handler.resolve_guards() if isinstance(guard, Allow)]
    return frozenset.intersection(*allowed) if allowed else frozenset()


def _scopes(handler: HTTPRouteHandler) -> list[str]:
    """Of which an integration needs one."""
    return [guard.scope for guard in handler.resolve_guards() if isinstance(guard, Allow) and guard.scope]


def _permission(handler: HTTPRouteHandler) -> str | None:
    """Which staff need for it."""
    return next((each.permission for each in handler.resolve_guards() if isinstance(each, Permit)), None)


def _is_keyed(handler: HTTPRouteHandler) -> bool:
    return bool(KEYED & handler.parsed_fn_signature.parameters.keys())


def refusals(
    path: str, method: str, handler: HTTPRouteHandler, parameters: Iterable[Json]
) -> set[type[Problem]]:
    """What a caller may be refused with."""
    takes = handler.parsed_fn_signature.parameters.keys()
    found = set(problems_of(handler.fn, *handler.resolve_guards()))
    if _roles(handler):
        found.add(TooManyRequests)  # a service token is good for so many calls, and 403 where it has no scope
    if path.startswith(INSIDE):
        found.add(Unauthenticated)
    if method not in SAFE and not path.startswith(FORMS):
        found |= {ForeignPage, UnsupportedMediaType}
    if method in SAFE:
        found = {each for each in found if not issubclass(each, Conflict)}  # reading changes nothing
    if "data" in takes:
        found |= {BadRequest, TooLarge, Unprocessable}
    if "request" in takes and method not in SAFE:
        found |= {BadRequest, TooLarge}  # it reads the body itself
    if _is_keyed(handler):
        found |= {BadRequest, TooLarge, KeyReused}
    kinds = {parameter["in"] for parameter in parameters}
    if kinds & {"query", "header"}:
        found.add(Unprocessable)
    if "path" in kinds:
        found |= {NotFound, Unprocessable}
    if takes & {"ctx", "request_scope"}:
        found |= {Unavailable} if method in SAFE else {Unavailable, Busy}
    return found


def described(refused: Iterable[type[Problem]]) -> dict[str, Json]:
    """The refusals as responses, by status."""
    by_status: dict[int, list[type[Problem]]] = {}
    for problem in sorted(refused, key=lambda each: each.slug):
        by_status.setdefault(problem.status, []).append(problem)
    return {str(status): _response(status, found) for status, found in sorted(by_status.items())}


def _response(status: int, found: list[type[Problem]]) -> Json:
    kind = {"properties": {"type": {"enum": [f"/problems/{each.slug}" for each in found]}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Problem"}, kind]}
    return {
        "description": f"{HTTPStatus(status).phrase}: {'; '.join(each.title for each in found)}.",
        "content": {"application/problem+json": {"schema": schema}},
    }


def _say_no_null(parameter: Json) -> None:
    """A parameter may be left out, but nothing in an address or a header is null."""
    schema = parameter["schema"]
    choices = [choice for choice in schema.pop("oneOf", ()) if choice.get("type") != "null"]
    if len(choices) == 1:
        schema |= choices[0]
    elif choices:
        schema["oneOf"] = choices
    if isinstance(schema.get("type"), list):
        kinds = [kind for kind in schema["type"] if kind != "null"]
        schema["type"] = kinds[0] if len(kinds) == 1 else kinds
    if None in schema.get("enum", ()):
        schema["enum"] = [value for value in schema["enum"] if value is not None]


def bodies(application: Litestar) -> list[type[msgspec.Struct]]:
    """The structs that bodies are read into."""
    found = (
        handler.parsed_fn_signature.parameters.get("data") for _, _, handler in operations_of(application)
    )
    structs = {field.annotation: None for field in found if field is not None}
    return [each for each in structs if isinstance(each, type) and issubclass(each, msgspec.Struct)]
